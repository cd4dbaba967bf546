import type { Duration, VersionStatistics } from '@millrace/engine'
import type { ModelStatisticsReply } from '@millrace/protocol'

/** Statistics of versions in the form of Triton. */
export function statisticsReply(statistics: readonly VersionStatistics[]): ModelStatisticsReply {
  return { model_stats: statistics.map(versionStatistics) }
}

function versionStatistics(of: VersionStatistics): ModelStatisticsReply['model_stats'][number] {
  return {
    name: of.model,
    version: of.version,
    last_inference: of.lastInferenceMs,
    inference_count: of.inferences,
    execution_count: of.executions,
    inference_stats: {
      success: duration(of.success),
      fail: duration(of.fail),
      queue: duration(of.queue),
      compute_input: duration(of.computeInput),
      compute_infer: duration(of.computeInfer),
      compute_output: duration(of.computeOutput),
      cache_hit: duration(of.cacheHit),
      cache_miss: duration(of.cacheMiss)
    },
    response_stats: {},
    batch_stats: of.batches.map(({ rows, count, inputNs, inferNs, outputNs }) => ({
      batch_size: rows,
      compute_input: duration({ count, ns: inputNs }),
      compute_infer: duration({ count, ns: inferNs }),
      compute_output: duration({ count, ns: outputNs })
    })),
    memory_usage: [{ type: 'CPU', id: 0, byte_size: Math.round(of.memoryBytes) }]
  }
}

/** Clients of Triton read integers. */
function duration({ count, ns }: Duration): Duration {
  return { count, ns: Math.round(ns) }
}
