import { setTimeout as pause } from 'node:timers/promises'
import { asker } from './asking.ts'
import { type CheckDeps, checkPrediction } from './check-service.ts'
import { parsed } from './clients/client.ts'
import { type Launch, restartable } from './restartable.ts'
import type { Truth } from './truth.ts'

/** Another process on the same folder, which follows what the program learns through all of its deaths. */
export interface Reader {
  /** See that it has learned all that the truth has, within a while. */
  check(service: string, truth: Truth, deps: Omit<CheckDeps, 'asker'>): Promise<void>
  end(): Promise<void>
}

/** How long a reader may be behind, in milliseconds. */
const patienceMs = 10_000

/** Begins with the first check, since there is nothing to follow before the program has run. */
export function createReader({ settings, ...launch }: Launch): Reader {
  const target = restartable({ ...launch, settings: { ...settings, MILLRACE_ROLE: 'reader' }, name: 'reader' })
  const own = asker(target)
  return {
    async check(service, truth, { findings, random, tally }) {
      if (target.run === undefined) await target.start().ready
      const deadline = performance.now() + patienceMs
      for (;;) {
        const { role, sequence } = parsed((await own.once({ service, path: '/health' })).body)
        if (role === 'reader' && sequence === truth.lastSequence) break
        if (performance.now() > deadline) {
          return findings.add(
            'a reader follows',
            `it is a ${String(role)} at ${String(sequence)}, not at ${truth.lastSequence}`
          )
        }
        await pause(20)
      }
      await checkPrediction(service, truth, { asker: own, findings, random })
      tally.count('checks of a reader')
    },
    async end() {
      own.close()
      await target.endAll()
    }
  }
}
