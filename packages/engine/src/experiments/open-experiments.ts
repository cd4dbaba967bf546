import { after as systemTimer } from '../learning/timers.ts'
import type { ModelServer } from '../serving/model-server.ts'
import { openBandits } from './bandit/open-bandits.ts'
import { openCanaries } from './canary/open-canaries.ts'
import { unknownExperiment } from './experiment-errors.ts'
import type { ExperimentDeps } from './experiment-deps.ts'
import { ExperimentService } from './experiment-service.ts'
import type { Experiments } from './experiments.ts'
import { takeFeedback } from './feedback.ts'
import { openExperimentBook } from './open-experiment-book.ts'
import { phaseId } from './phase-id.ts'
import { Router } from './router.ts'
import { RoutingTable } from './routing-table.ts'
import { openShadows } from './shadow/open-shadows.ts'
import { experimentResults } from './statistics/experiment-results.ts'
import { assignmentOf } from './unit-assignment.ts'

/**
 * Open the experiments, canaries and shadows of a registry. What ran goes on at once; it is looked after once `attach` was
 * called.
 * @throws {MillraceError} MILL_STORE_FAILED
 */
export async function openExperiments(deps: ExperimentDeps): Promise<Experiments> {
  const { registry, ledger, log, now = Date.now, after = systemTimer, random = Math.random } = deps
  let attached: ModelServer | undefined
  const models = (): ModelServer | undefined => attached
  const book = await openExperimentBook({ registry, log })
  const shadows = await openShadows({ registry, log, now, after, random })
  const router = new Router({ now, random, tap: shadows.tap })
  const table = new RoutingTable({ book, ledger, router, random, models })
  const service = new ExperimentService({ book, models, now })
  const recordOf = (id: string) => {
    const kept = book.all.get(id)
    if (kept === undefined) throw unknownExperiment(id)
    return kept.record
  }
  const looked = { book, ledger, models, log, now, after, random }
  const [canaries, bandits] = [openCanaries(looked), openBandits(looked)]
  return {
    traffic: router,
    async attach(server) {
      attached = server
      shadows.attach(server)
      canaries.attach()
      bandits.attach()
    },
    list: () => service.list(),
    get: id => service.get(id),
    create: draft => service.create(draft),
    change: (id, change, revision, options) => service.change(id, change, revision, options),
    put: (draft, options) => service.put(draft, options),
    start: (id, revision) => service.start(id, revision),
    pause: (id, revision) => service.pause(id, revision),
    stop: (id, revision) => service.stop(id, revision),
    async remove(id, revision) {
      const { phase } = await service.remove(id, revision)
      for (let past = 1; past <= phase; past++) await ledger.forget(phaseId(id, past))
    },
    assignment: (id, unit) => assignmentOf(service.get(id), unit, table.ledgerOf(service.get(id))),
    tally: id => table.ledgerOf(recordOf(id)).tally(),
    async results(id) {
      const record = recordOf(id)
      return experimentResults({ record, tally: table.ledgerOf(record).tally(), now: now() })
    },
    canaries,
    shadows,
    feedback: outcome => takeFeedback(outcome, { book, ledger }),
    async refresh() {
      await Promise.all([book.refresh(), shadows.refresh()])
    },
    async close() {
      canaries.close()
      bandits.close()
      table.close()
      await shadows.close()
      await ledger.close()
    }
  }
}
