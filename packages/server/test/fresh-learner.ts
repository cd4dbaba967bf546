import { type LearnerName, openLearner, type ServedLearner } from '@millrace/engine'
import { memoryJournal, memoryPendingStore } from '@millrace/store'
import { createLogger } from '../src/index.ts'

/** A learner in service whose journal lasts as long as the test. */
export function freshLearner(name: LearnerName): Promise<ServedLearner> {
  return openLearner({
    id: name,
    name,
    seed: 42,
    limits: { featureNames: 8000, memoryBytes: 2 ** 28, ids: 100_000 },
    journal: memoryJournal({ durability: 'fsync' }),
    pending: memoryPendingStore({ ttlMs: 60_000, limit: 100 }),
    log: createLogger({ level: 'silent' })
  })
}
