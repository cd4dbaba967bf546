import type { Experiments } from '@millrace/engine'
import { followedBy } from './followed-change.ts'

/**
 * Experiments that decide in this process alone: a change is over when all workers leave it what is decided about, also
 * one that failed half-way.
 * @param publish resolves when they do
 */
export function leadingExperiments(experiments: Experiments, publish: () => Promise<void>): Experiments {
  const followed = followedBy(publish)
  const { canaries, shadows } = experiments
  return {
    ...experiments,
    attach: followed(experiments.attach),
    put: followed(experiments.put),
    change: followed(experiments.change),
    start: followed(experiments.start),
    pause: followed(experiments.pause),
    stop: followed(experiments.stop),
    remove: followed(experiments.remove),
    refresh: followed(experiments.refresh),
    canaries: {
      ...canaries,
      start: followed(canaries.start),
      promote: followed(canaries.promote),
      rollBack: followed(canaries.rollBack),
      remove: followed(canaries.remove)
    },
    shadows: {
      ...shadows,
      start: followed(shadows.start),
      stop: followed(shadows.stop),
      remove: followed(shadows.remove)
    }
  }
}
