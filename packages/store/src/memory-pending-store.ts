import { integerWithin } from '@millrace/common'
import type { PendingLimits, PendingPrediction, PendingStore } from './pending-store.ts'

/** In memory: one process, tests, examples. Lost at exit. */
export function memoryPendingStore({ ttlMs, limit }: PendingLimits): PendingStore {
  integerWithin('ttlMs', ttlMs, 1)
  integerWithin('limit', limit, 1)
  // Of each learner, by prediction id, oldest first.
  const kept = new Map<string, Map<string, PendingPrediction>>()
  return {
    async put(prediction) {
      const { learner, predictionId, madeAt, features } = prediction
      const ofLearner = kept.get(learner) ?? new Map<string, PendingPrediction>()
      kept.set(learner, ofLearner)
      if (!ofLearner.has(predictionId)) ofLearner.set(predictionId, { ...prediction, features: features.slice() })
      for (const [oldest, { madeAt: oldestMadeAt }] of ofLearner) {
        if (ofLearner.size <= limit && oldestMadeAt + ttlMs > madeAt) break
        ofLearner.delete(oldest)
      }
    },
    async get(learner, predictionId, now) {
      const found = kept.get(learner)?.get(predictionId)
      return found && now < found.madeAt + ttlMs ? { ...found, features: found.features.slice() } : undefined
    },
    async remove(learner, predictionId) {
      kept.get(learner)?.delete(predictionId)
    },
    async count(learner) {
      return kept.get(learner)?.size ?? 0
    }
  }
}
