import { randomUUID } from 'node:crypto'
import { MillraceError } from '@millrace/common'
import {
  createOnlineModel,
  type LabelledObservation,
  type Learned,
  type LearnerCounts,
  type LearnerName,
  type ServedLearner
} from '@millrace/engine'

/** A served learner that keeps nothing. */
export function memoryLearner(name: LearnerName): ServedLearner {
  const model = createOnlineModel({ name, seed: 42 })
  const counts: LearnerCounts = {
    repeats: 0,
    conflicts: 0,
    labels: { learned: 0, repeated: 0, corrected: 0, expired: 0, unknown: 0 },
    guardSkips: 0,
    guardRollbacks: 0,
    snapshots: { taken: 0, failed: 0 }
  }
  const remembered = new Map<string, { content: string; outcome: Learned | Error }>()
  const pending = new Map<string, { features: Record<string, number>; prediction: number; actual?: number }>()
  let sequence = 0

  function learn({ features, target, observationId: id }: LabelledObservation): Learned {
    const content = JSON.stringify([features, target])
    const known = id === undefined ? undefined : remembered.get(id)
    if (known === undefined) {
      sequence++
      const outcome = attempt(() => ({ prediction: model.predictLearn(features, target), isRepeat: false }))
      if (id !== undefined) remembered.set(id, { content, outcome })
      return given(outcome)
    }
    if (known.content !== content) {
      counts.conflicts++
      throw new MillraceError('MILL_ID_CONFLICT', `the observation id ${id} was used for something else`)
    }
    counts.repeats++
    return { ...given(known.outcome), isRepeat: true }
  }

  return {
    id: name,
    name,
    predict: model.predict,
    async predictAndKeep(features) {
      const predictionId = randomUUID()
      const prediction = model.predict(features)
      pending.set(predictionId, { features, prediction })
      return { prediction, predictionId }
    },
    predictMany: model.predictMany,
    learn: async observation => learn(observation),
    learnMany: async observations => observations.map(observation => attempt(() => learn(observation))),
    async label({ predictionId, actual }) {
      const found = pending.get(predictionId)
      if (found === undefined) throw new MillraceError('MILL_PREDICTION_NOT_FOUND', 'there is no such prediction')
      if (found.actual === undefined) model.train(found.features, actual)
      else if (found.actual !== actual) throw new MillraceError('MILL_LABEL_CONFLICT', 'labelled before')
      const isRepeat = found.actual !== undefined
      found.actual = actual
      counts.labels[isRepeat ? 'repeated' : 'learned']++
      return { prediction: found.prediction, isRepeat }
    },
    metrics: model.metrics,
    describe: model.describe,
    health: () => ({ role: 'writer', sequence, snapshotSequence: 0, problem: undefined }),
    counts: () => counts,
    memoryBytes: () => 1000,
    close: async () => undefined
  }
}

function attempt<Result>(work: () => Result): Result | Error {
  try {
    return work()
  } catch (error) {
    return error as Error
  }
}

function given<Result>(outcome: Result | Error): Result {
  if (outcome instanceof Error) throw outcome
  return outcome
}
