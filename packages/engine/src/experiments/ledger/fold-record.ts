import type { LedgerState } from './ledger-state.ts'
import type { OutcomeFact } from './outcome-fact.ts'
import { nameOfRecord, readRecord } from './record-codec.ts'

/**
 * Bring a record into the state, unless it is there.
 * @param told is told of each outcome in it
 * @returns whether it was not there
 * @throws {MillraceError} MILL_JOURNAL_DAMAGED
 */
export function foldRecord(state: LedgerState, record: Uint8Array, told?: (fact: OutcomeFact) => void): boolean {
  const { run, number } = nameOfRecord(record)
  if (number <= (state.heads.get(run) ?? 0)) return false
  state.heads.set(run, number)
  readRecord(record, {
    exposure: (...exposure) => void state.expose(...exposure),
    counted: (experiment, counted, time) => state.count(experiment, run, counted, time),
    outcome(fact) {
      state.tell(fact)
      told?.(fact)
    },
    forget: (experiment, time) => state.forget(experiment, time)
  })
  return true
}
