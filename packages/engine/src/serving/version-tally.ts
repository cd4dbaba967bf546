import type { RunTiming, RuntimeCounts } from '@millrace/runtime'
import type { Duration, VersionStatistics } from './model-server.ts'

/** A sum of times. */
class Clocked {
  count = 0
  ns = 0

  add(ns: number): void {
    this.count++
    this.ns += ns
  }

  duration(): Duration {
    return { count: this.count, ns: Math.round(this.ns) }
  }
}

/** Runs by number of rows, as sums. */
type BatchSums = Map<number, { count: number; inputNs: number; inferNs: number; outputNs: number }>

/** What a tally counts runs of: a version in memory. */
interface Counting {
  counts(): RuntimeCounts
}

/** Counts what becomes of the requests to one version, however often it is loaded. */
export class VersionTally {
  /** `performance.now()` of the last answer; undefined before the first. */
  lastAnswerAt: number | undefined
  readonly #success = new Clocked()
  readonly #fail = new Clocked()
  readonly #queue = new Clocked()
  readonly #input = new Clocked()
  readonly #infer = new Clocked()
  readonly #output = new Clocked()
  readonly #cacheHit = new Clocked()
  readonly #cacheMiss = new Clocked()
  /** In memory, or on their way out. */
  readonly #loaded = new Set<Counting>()
  #inferences = 0
  #executions = 0
  readonly #batches: BatchSums = new Map()

  /** A version was loaded: what it runs counts from now on. */
  loaded(version: Counting): void {
    this.#loaded.add(version)
  }

  /** A version was closed and runs no more. */
  closed(version: Counting): void {
    if (!this.#loaded.delete(version)) return
    const { inferences, executions, batches } = version.counts()
    this.#inferences += inferences
    this.#executions += executions
    addBatches(this.#batches, batches)
  }

  /** A request was answered by a run that waited `waitedNs` for its turn before the version was asked. */
  ran({ queueNs, inputNs, inferNs, outputNs }: RunTiming, waitedNs: number): void {
    this.#queue.add(queueNs + waitedNs)
    this.#input.add(inputNs)
    this.#infer.add(inferNs)
    this.#output.add(outputNs)
  }

  succeeded(ns: number, now: number): void {
    this.#success.add(ns)
    this.lastAnswerAt = now
  }

  failed(ns: number): void {
    this.#fail.add(ns)
  }

  /** The cache had the answer. */
  hit(ns: number): void {
    this.#cacheHit.add(ns)
  }

  /** The cache did not have the answer; `ns` without the run. */
  missed(ns: number): void {
    this.#cacheMiss.add(ns)
  }

  /** @param sinceEpoch turns `performance.now()` into milliseconds since 1970 */
  statistics(
    names: { model: string; version: string; memoryBytes: number },
    sinceEpoch: (at: number) => number
  ): VersionStatistics {
    const running = [...this.#loaded].map(version => version.counts())
    const batches: BatchSums = new Map()
    for (const one of [batchList(this.#batches), ...running.map(counts => counts.batches)]) addBatches(batches, one)
    return {
      ...names,
      lastInferenceMs: this.lastAnswerAt === undefined ? 0 : Math.round(sinceEpoch(this.lastAnswerAt)),
      inferences: running.reduce((sum, counts) => sum + counts.inferences, this.#inferences),
      executions: running.reduce((sum, counts) => sum + counts.executions, this.#executions),
      success: this.#success.duration(),
      fail: this.#fail.duration(),
      queue: this.#queue.duration(),
      computeInput: this.#input.duration(),
      computeInfer: this.#infer.duration(),
      computeOutput: this.#output.duration(),
      cacheHit: this.#cacheHit.duration(),
      cacheMiss: this.#cacheMiss.duration(),
      batches: batchList(batches)
    }
  }
}

function addBatches(sums: BatchSums, batches: RuntimeCounts['batches']): void {
  for (const { rows, count, inputNs, inferNs, outputNs } of batches) {
    const sum = sums.get(rows) ?? { count: 0, inputNs: 0, inferNs: 0, outputNs: 0 }
    sum.count += count
    sum.inputNs += inputNs
    sum.inferNs += inferNs
    sum.outputNs += outputNs
    sums.set(rows, sum)
  }
}

function batchList(sums: BatchSums): RuntimeCounts['batches'] {
  return [...sums].toSorted(([a], [b]) => a - b).map(([rows, sum]) => ({ rows, ...sum }))
}
