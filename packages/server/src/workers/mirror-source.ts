import type { ModelSource } from '@millrace/store'
import { MillraceError } from '@millrace/common'
import type { MirroredModel } from './model-mirror.ts'

/** A source of what the primary serves. The files are where the primary has them; nothing is fetched. */
export interface MirrorSource extends ModelSource {
  /** What there is from now on; whoever sets it says when to look. */
  set(models: readonly MirroredModel[]): void
}

/** A source that has nothing yet. */
export function mirrorSource(): MirrorSource {
  let models: ReadonlyMap<string, MirroredModel> = new Map()
  return {
    location: 'the primary process',
    set(given) {
      models = new Map(given.map(model => [model.name, model]))
    },
    list: async () =>
      Array.from(models.values(), ({ versions, ...model }) => ({
        ...model,
        versions: versions.map(({ version, files }) => ({
          version,
          state: 'whole',
          stamp: files.digest,
          bytes: files.bytes
        }))
      })),
    async fetch(model, wanted) {
      const found = models.get(model)?.versions.find(({ version }) => version === wanted)
      if (found !== undefined) return found.files
      throw new MillraceError('MILL_VERSION_NOT_FOUND', `the primary process serves no version ${wanted} of ${model}`)
    },
    watch: () => () => undefined,
    problem: () => undefined,
    close: async () => undefined
  }
}
