import { ChangeListeners } from './change-listeners.ts'
import { type LedgerLimitOptions, ledgerLimits } from './ledger-limits.ts'
import { LedgerState } from './ledger-state.ts'
import type { Ledger } from './ledger.ts'
import { LiveExperiment, type LiveHouse } from './live-experiment.ts'
import { OutcomeDesk } from './outcome-desk.ts'
import { RequestWindow } from './request-window.ts'

/**
 * A ledger in memory: one process, tests, examples. Lost at exit.
 * @throws {MillraceError} MILL_OPTION_INVALID
 */
export function memoryLedger({ now = Date.now, ...options }: { now?: () => number } & LedgerLimitOptions = {}): Ledger {
  const limits = ledgerLimits(options)
  const state = new LedgerState(limits)
  const requests = new RequestWindow(limits.requests)
  const live = new Map<string, LiveExperiment>()
  const listeners = new ChangeListeners()
  const desk = new OutcomeDesk({
    state,
    requests,
    live,
    now,
    async keep(fact) {
      state.tell(fact)
      listeners.changed()
    }
  })
  const house: LiveHouse = {
    state,
    now,
    onTheirWay: () => [],
    exposed: () => undefined,
    counted: () => undefined,
    met: () => undefined,
    requested: (request, unit, marks, value, time) => requests.add(request, unit, marks, value, time),
    numberOf: id => requests.numberOf(id)
  }
  return {
    experiment(id, shape) {
      let experiment = live.get(id)
      if (experiment === undefined) live.set(id, (experiment = new LiveExperiment(id, house)))
      experiment.reshape(shape)
      return experiment
    },
    outcome: outcome => desk.take(outcome),
    onChange: listener => listeners.add(listener),
    async forget(id) {
      state.forget(id, now())
      live.delete(id)
    },
    flush: async () => undefined,
    async close() {
      listeners.close()
    }
  }
}
