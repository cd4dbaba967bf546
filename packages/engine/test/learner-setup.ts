import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { memoryJournal, memoryPendingStore, type PendingStore } from '@millrace/store'
import type { LearnerLog } from '../src/learning/learner-log.ts'
import type { LearnerOptions } from '../src/learning/learner-options.ts'
import { openLearner } from '../src/learning/open-learner.ts'
import type { ServedLearner } from '../src/learning/served-learner.ts'
import type { After } from '../src/learning/timers.ts'

/** A log that remembers its sentences. */
export function memoryLog(): LearnerLog & { said: string[] } {
  const said: string[] = []
  const say = (_facts: unknown, message: string): void => void said.push(message)
  return { said, debug: say, info: say, warn: say }
}

/** A clock that stands still until it is moved, with its timers. */
export class FakeTime {
  #now: number
  #timers: { at: number; work: () => void }[] = []

  constructor(now = 1_700_000_000_000) {
    this.#now = now
  }

  readonly now = (): number => this.#now

  readonly after: After = (delayMs, work) => {
    const timer = { at: this.#now + delayMs, work }
    this.#timers.push(timer)
    return () => void (this.#timers = this.#timers.filter(other => other !== timer))
  }

  /** Let time pass, and call what is due meanwhile in its order. */
  pass(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0]
      if (due === undefined) break
      this.#timers = this.#timers.filter(other => other !== due)
      this.#now = Math.max(this.#now, due.at)
      due.work()
    }
    this.#now = end
  }
}

export const day = 86_400_000

/** What a learner is given where nothing else matters. */
export function learnerOptions(more: Partial<LearnerOptions> = {}): LearnerOptions {
  return {
    id: 'learner',
    name: 'linear_regression',
    seed: 1,
    limits: { featureNames: 100, memoryBytes: 2 ** 28, ids: 1000 },
    pending: memoryPendingStore({ ttlMs: day, limit: 100 }),
    log: memoryLog(),
    ...more
  }
}

/** A learner with a journal in memory that commits at once, unless another one is given. */
export function memoryLearner(
  more: Partial<LearnerOptions> = {},
  journal: Pick<ReturnType<typeof memoryJournal>, 'reader' | 'writer'> = memoryJournal()
): Promise<ServedLearner> {
  return openLearner({ ...learnerOptions(more), journal })
}

/** A store that fails, or hangs, while it is told to. */
export function unreliableStore(
  store: PendingStore
): PendingStore & { failure: unknown; hang: Promise<void> | undefined } {
  const unreliable = {
    failure: undefined as unknown,
    hang: undefined as Promise<void> | undefined,
    async put(prediction: Parameters<PendingStore['put']>[0]) {
      await unreliable.hang
      if (unreliable.failure !== undefined) throw unreliable.failure
      await store.put(prediction)
    },
    async get(learner: string, predictionId: string, now: number) {
      if (unreliable.failure !== undefined) throw unreliable.failure
      return store.get(learner, predictionId, now)
    },
    async remove(learner: string, predictionId: string) {
      if (unreliable.failure !== undefined) throw unreliable.failure
      await store.remove(learner, predictionId)
    },
    count: (learner: string) => store.count(learner)
  }
  return unreliable
}

/** A new folder that is removed, with all in it, when the test ends. */
export function temporaryFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-engine-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
