import { describeLearner, type LearnerName } from './catalog.ts'
import { forecast } from './forecast.ts'
import type { LearnerMachine } from './learner-machine.ts'
import type { PendingPredictions } from './pending-predictions.ts'
import type { FrozenLearner, ServedLearner } from './served-learner.ts'

/** What of a learner needs no writer. */
export type LearnerReads = Pick<
  ServedLearner,
  | 'id'
  | 'name'
  | 'predict'
  | 'predictAndKeep'
  | 'predictMany'
  | 'metrics'
  | 'featureNames'
  | 'freeze'
  | 'describe'
  | 'memoryBytes'
>

/** What reads look at. */
export interface ReadParts {
  /** The learner as it is at the moment. */
  machine: () => LearnerMachine
  /** Position of the last record that is part of it. */
  sequence: () => number
  pending: PendingPredictions
}

export function learnerReads(
  { id, name }: { id: string; name: LearnerName },
  { machine, sequence, pending }: ReadParts
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
    featureNames: () => machine().featureNames(),
    freeze: () => frozen(machine(), sequence()),
    describe: () => describeLearner(name, { seed: 0, parameters: machine().settings.parameters }),
    memoryBytes: () => machine().memoryBytes
  }
}

function frozen(machine: LearnerMachine, sequence: number): FrozenLearner {
  return {
    state: machine.learnerState(),
    sequence,
    parameters: machine.settings.parameters,
    featureNames: machine.featureNames(),
    metrics: machine.metrics()
  }
}
