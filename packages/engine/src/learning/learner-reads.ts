import { describeLearner, type LearnerName } from './catalog.ts'
import { forecast } from './forecast.ts'
import type { LearnerMachine } from './learner-machine.ts'
import type { PendingPredictions } from './pending-predictions.ts'
import type { ServedLearner } from './served-learner.ts'

/** What of a learner needs no writer. */
export type LearnerReads = Pick<
  ServedLearner,
  'id' | 'name' | 'predict' | 'predictAndKeep' | 'predictMany' | 'metrics' | 'describe' | 'memoryBytes'
>

/** @param machine the learner as it is at the moment */
export function learnerReads(
  { id, name }: { id: string; name: LearnerName },
  machine: () => LearnerMachine,
  pending: PendingPredictions
): LearnerReads {
  return {
    id,
    name,
    predict: x => machine().predict(x),
    async predictAndKeep(x) {
      const prediction = machine().predict(x)
      return { prediction, predictionId: await pending.keep(machine().codec.encodeFeatures(x), prediction) }
    },
    predictMany: (x, steps) => forecast({ predictOne: features => machine().predict(features) }, x, steps),
    metrics: () => machine().metrics(),
    describe: () => describeLearner(name, { seed: 0, parameters: machine().settings.parameters }),
    memoryBytes: () => machine().memoryBytes
  }
}
