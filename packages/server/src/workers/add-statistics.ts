import type { CacheCounts, Duration, VersionStatistics } from '@millrace/engine'

/** What several processes were asked of a version, together; `memoryBytes` is that of all of them. */
export function sumOfStatistics(a: VersionStatistics, b: VersionStatistics): VersionStatistics {
  return {
    model: a.model,
    version: a.version,
    lastInferenceMs: Math.max(a.lastInferenceMs, b.lastInferenceMs),
    inferences: a.inferences + b.inferences,
    executions: a.executions + b.executions,
    success: sum(a.success, b.success),
    fail: sum(a.fail, b.fail),
    queue: sum(a.queue, b.queue),
    computeInput: sum(a.computeInput, b.computeInput),
    computeInfer: sum(a.computeInfer, b.computeInfer),
    computeOutput: sum(a.computeOutput, b.computeOutput),
    cacheHit: sum(a.cacheHit, b.cacheHit),
    cacheMiss: sum(a.cacheMiss, b.cacheMiss),
    batches: sumOfBatches([...a.batches, ...b.batches]),
    memoryBytes: a.memoryBytes + b.memoryBytes
  }
}

/** What several caches have done and hold. */
export function sumOfCaches(a: CacheCounts, b: CacheCounts): CacheCounts {
  return {
    hits: a.hits + b.hits,
    misses: a.misses + b.misses,
    evictions: a.evictions + b.evictions,
    entries: a.entries + b.entries,
    bytes: a.bytes + b.bytes
  }
}

function sum(a: Duration, b: Duration): Duration {
  return { count: a.count + b.count, ns: a.ns + b.ns }
}

function sumOfBatches(batches: VersionStatistics['batches']): VersionStatistics['batches'] {
  const groups = Map.groupBy(batches, ({ rows }) => rows)
  return [...groups.keys()]
    .toSorted((a, b) => a - b)
    .map(rows =>
      groups.get(rows)!.reduce((a, b) => ({
        rows,
        count: a.count + b.count,
        inputNs: a.inputNs + b.inputNs,
        inferNs: a.inferNs + b.inferNs,
        outputNs: a.outputNs + b.outputNs
      }))
    )
}
