import { HybridLane } from './hybrid-lane.ts'
import { InlineLane } from './inline-lane.ts'
import { InlineTurns } from './inline-turns.ts'
import type { Lane, LaneOptions } from './lane.ts'
import { loadError } from './load-errors.ts'
import { type OpenedModel, openModel, openRequest, openThread, type Placement } from './load-model.ts'
import { loadedModel } from './loaded-model.ts'
import { refuseTelemetry } from './no-telemetry.ts'
import { RunCounts } from './run-counts.ts'
import type { LoadOptions, Runtime, RuntimeFacts, RuntimeModel } from './runtime-model.ts'
import { type StartThread, startSessionThread } from './session-thread.ts'
import { SpareThreads } from './spare-threads.ts'
import { ThreadLane } from './thread-lane.ts'
import { usableCores } from './usable-cores.ts'
import type { RunCost } from './warm-up.ts'

/** How models are placed. Everything has a sensible value. */
export interface RuntimeOptions {
  /** Cores that the process may use; by default what its processors and control groups allow. */
  readonly cores?: number | undefined
  /** Microseconds that a run of one row may take on the calling thread; 200 by default. */
  readonly inlineLimitUs?: number | undefined
  /** Milliseconds that the making of a session may hold the calling thread while requests are served; 10 by default. */
  readonly inlineCreateMs?: number | undefined
  /** Milliseconds that runs hold the calling thread in one go; 5 by default. */
  readonly turnLimitMs?: number | undefined
  /** Starts the thread of a session. */
  readonly startThread?: StartThread | undefined
}

/** Bytes of a thread, without its session. */
const threadBytes = 15e6

/** Loads and runs models. Nothing is started or read before the first load. To be called on the main thread. */
export function createRuntime(options: RuntimeOptions = {}): Runtime {
  const { cores = usableCores(), inlineLimitUs = 200, inlineCreateMs = 10, turnLimitMs = 5 } = options
  const { startThread = startSessionThread } = options
  refuseTelemetry()
  const spares = new SpareThreads(startThread)
  const turns = new InlineTurns(turnLimitMs)
  const placement: Placement = { cores, inlineLimitUs, inlineCreateMs, spares }
  const models = new Set<RuntimeModel>()
  const loads = new Set<Promise<RuntimeModel>>()

  function serve(opened: OpenedModel, load: LoadOptions, startedAt: number): RuntimeModel {
    const { report } = opened
    const counts = new RunCounts()
    const facts = factsOf(opened, load, startedAt)
    const lane = laneFor(opened, load, { facts, counts, placement, turns, turnLimitMs })
    const { inputs, outputs, classLabels } = report
    const { label, queueLimit = 1000 } = load
    const onClose = (): void => void models.delete(model)
    const model = loadedModel({ label, inputs, outputs, classLabels, facts, counts, queueLimit, lane, onClose })
    models.add(model)
    return model
  }

  async function loadModel(load: LoadOptions): Promise<RuntimeModel> {
    const startedAt = performance.now()
    try {
      return serve(await openModel(load, placement), load, startedAt)
    } catch (error) {
      throw loadError(load.label, error)
    }
  }

  return {
    load(load) {
      const loading = loadModel(load).finally(() => loads.delete(loading))
      loads.add(loading)
      return loading
    },
    async close() {
      await Promise.allSettled(loads)
      await Promise.all([...models].map(model => model.close()))
      await spares.close()
    }
  }
}

function factsOf({ report, session }: OpenedModel, load: LoadOptions, startedAt: number): RuntimeFacts {
  const { warmUp, fileBytes, sha256, unserved } = report
  const unbatchable = load.maxBatchRows === 1 ? 'batching is turned off' : warmUp.unbatchable
  return {
    placement: session === undefined ? 'thread' : 'inline',
    loadMs: performance.now() - startedAt,
    rowUs: warmUp.cost?.rowUs,
    fileBytes,
    memoryBytes:
      session === undefined ? (report.memoryBytes + threadBytes) * (load.instances ?? 1) : report.memoryBytes,
    unbatchable,
    maxBatchRows: unbatchable === undefined ? (load.maxBatchRows ?? 64) : 1,
    sha256,
    unserved
  }
}

/** Rows of a run that takes about half the time that the calling thread may be held; at least one. */
function rowsWithin(limitMs: number, { rowUs, nextRowUs }: RunCost): number {
  return Math.max(1, 1 + Math.floor((limitMs * 500 - rowUs) / nextRowUs))
}

interface LaneParts {
  readonly facts: RuntimeFacts
  readonly counts: RunCounts
  readonly placement: Placement
  readonly turns: InlineTurns
  readonly turnLimitMs: number
}

function laneFor({ report, session, threads }: OpenedModel, load: LoadOptions, parts: LaneParts): Lane {
  const { placement, turns, turnLimitMs, counts, facts } = parts
  const { label, batchDelayUs = 0 } = load
  const shared: LaneOptions = {
    label,
    counts,
    outputs: report.outputs,
    maxRows: facts.maxBatchRows,
    delayMs: Math.ceil(batchDelayUs / 1000)
  }
  const reopen = { ...openRequest(load, placement), sha256: report.sha256, isMeasured: false }
  const { spares } = placement
  if (session === undefined) return new ThreadLane({ ...shared, threads, reopen, spares })
  const { cost } = report.warmUp
  if (cost === undefined || load.placement === 'inline') return new InlineLane({ ...shared, session, turns })
  const maxRows = Math.min(shared.maxRows, rowsWithin(turnLimitMs, cost))
  return new HybridLane({
    cost,
    limitMs: turnLimitMs,
    openInline: ran => new InlineLane({ ...shared, maxRows, session, turns, ran }),
    async openThread() {
      const { thread } = await openThread(reopen, spares)
      return new ThreadLane({ ...shared, threads: [thread], reopen, spares })
    }
  })
}
