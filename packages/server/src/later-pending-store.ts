import type { PendingStore } from '@millrace/store'

/** A store that is still being opened: whoever asks waits for it. @param open called for each question; remembers */
export function laterPendingStore(open: () => Promise<PendingStore>): PendingStore {
  return {
    put: async prediction => (await open()).put(prediction),
    get: async (learner, predictionId, now) => (await open()).get(learner, predictionId, now),
    remove: async (learner, predictionId) => (await open()).remove(learner, predictionId),
    count: async learner => (await open()).count(learner)
  }
}
