import type { ModelServer, VersionStatistics } from '@millrace/engine'
import { followedBy } from './followed-change.ts'

/** What {@link leadingModels} is given. */
export interface Followers {
  /** Resolves when all have taken over what is served now. */
  publish: () => Promise<void>
  /** Adds what was asked elsewhere. */
  statistics(own: readonly VersionStatistics[]): readonly VersionStatistics[]
}

/** Models that others follow: a change is over when all do as it says, also one that failed half-way. */
export function leadingModels(models: ModelServer, { publish, statistics }: Followers): ModelServer {
  const followed = followedBy(publish)
  return {
    ...models,
    reload: followed(models.reload),
    load: followed(models.load),
    unload: followed(models.unload),
    refresh: followed(models.refresh),
    moveAlias: followed(models.moveAlias),
    removeAlias: followed(models.removeAlias),
    rollback: followed(models.rollback),
    freeze: followed(models.freeze),
    statistics: (model, version) => statistics(models.statistics(model, version))
  }
}
