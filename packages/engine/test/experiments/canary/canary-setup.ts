import type { TestContext } from 'node:test'
import { memoryRegistryStore, type RegistryStore } from '@millrace/store'
import { type OpenCanaries, openCanaries } from '../../../src/experiments/canary/open-canaries.ts'
import type { ControllerDeps } from '../../../src/experiments/experiment-deps.ts'
import type { ExperimentBook } from '../../../src/experiments/experiment-book.ts'
import type { CanaryView } from '../../../src/experiments/experiments.ts'
import type { ExperimentLedger, Ledger } from '../../../src/experiments/ledger/ledger.ts'
import { memoryLedger } from '../../../src/experiments/ledger/memory-ledger.ts'
import { openExperimentBook } from '../../../src/experiments/open-experiment-book.ts'
import { phaseId } from '../../../src/experiments/phase-id.ts'
import type { ModelServer } from '../../../src/serving/model-server.ts'
import { FakeTime, memoryLog } from '../../learner-setup.ts'
import { setup, type Setup } from '../../serving/setup.ts'

/** One process that looks after canaries. */
export interface Process {
  readonly book: ExperimentBook
  readonly canaries: OpenCanaries
  readonly log: ReturnType<typeof memoryLog>
}

/** A model `m` with the versions 1 and 2, whose alias `default` stands for 1, and the processes of a test. */
export interface CanaryTest {
  readonly things: Setup
  readonly server: ModelServer
  readonly registry: RegistryStore
  readonly ledger: Ledger
  readonly time: FakeTime
  /** A process that looks after the canaries of the registry. */
  open(more?: { models?: ModelServer; registry?: RegistryStore }): Promise<Process>
  /** Requests to an arm of the present step, `failures` of which fail. */
  ask(view: CanaryView, arm: 'control' | 'canary', requests: number, failures?: number, ms?: number): void
}

export async function canaryTest(t: TestContext): Promise<CanaryTest> {
  const things = setup(t)
  things.source.put('m', '1', { answer: 10 })
  things.source.put('m', '2', { answer: 12 })
  things.source.configure('m', { aliases: { default: '1' } })
  const server = await things.open()
  const registry = memoryRegistryStore()
  const time = new FakeTime()
  const ledger = memoryLedger({ now: time.now })
  let units = 0
  return {
    things,
    server,
    registry,
    ledger,
    time,
    async open({ models = server, registry: own = registry } = {}) {
      const log = memoryLog()
      const book = await openExperimentBook({ registry: own, log })
      const deps: ControllerDeps = {
        book,
        ledger,
        models: () => models,
        log,
        now: time.now,
        after: time.after,
        random: () => 0.5
      }
      const canaries = openCanaries(deps)
      canaries.attach()
      t.after(() => canaries.close())
      return { book, canaries, log }
    },
    ask({ id, record }, arm, requests, failures = 0, ms = 10) {
      const of = ledgerOf(ledger, id, record)
      const index = arm === 'control' ? 0 : 1
      for (let request = 0; request < requests; request++) {
        if (request < failures) of.failed(index, ms)
        else of.served({ ...served, arm: index, unit: `u${units++}`, requestId: `r${units}`, durationMs: ms })
      }
    }
  }
}

const served = { isGiven: true, isOverride: false, prediction: undefined, isCached: false, isFallback: false }

function ledgerOf(ledger: Ledger, id: string, { phase, definition }: CanaryView['record']): ExperimentLedger {
  const metrics = new Map(definition.metrics.map(({ name, kind }) => [name, kind]))
  return ledger.experiment(phaseId(id, phase), { arms: 2, metrics })
}

/** Let all that can go on without time passing go on. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
}

/** Let time pass, second by second, with all that is done in it. */
export async function pass(time: FakeTime, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    time.pass(1000)
    await settled()
  }
}
