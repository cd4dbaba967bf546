import type { LearnerRole, ModelMetrics, StepResult, StreamedObservation } from '@millrace/engine'
import type { ServiceAddress } from '../listen.ts'
import type { Logger } from '../logger.ts'
import type { EngineParts } from '../platform.ts'

/** What `millrace up` tells of itself, in whatever form. */
export interface UpView {
  /** All services answer now; `parts` is what they stand on. */
  ready(addresses: readonly ServiceAddress[], parts: EngineParts): void
  stepped(result: StepResult<StreamedObservation, ModelMetrics>): void
  /** Nothing more follows. */
  close(): void
}

/**
 * The steps of the pipeline as log lines; nothing of values or labels, only how well the models do.
 * @param options `intervalSeconds` between two steps, 0 when stepping is off
 */
export function upLog(logger: Logger, options: { intervalSeconds: number; role: LearnerRole }): UpView {
  const { intervalSeconds, role } = options
  let isExhausted = false
  return {
    ready(addresses) {
      const urls = Object.fromEntries(addresses.map(({ name, url }) => [name, url]))
      const ms = Math.round(performance.now())
      logger.info({ addresses: urls, role, pipeline_interval_s: intervalSeconds, ms }, 'millrace is ready')
    },
    stepped(result) {
      if (result.outcome === 'exhausted') {
        if (!isExhausted) logger.info('stream exhausted')
        isExhausted = true
        return
      }
      isExhausted = false
      if (!result.isCommitted) return
      const { observation, models, ms } = result
      const mae = Object.fromEntries(models.map(({ label, metrics }) => [label, rounded(metrics?.mae)]))
      const { observationId, remaining } = observation
      logger.info({ observation_id: observationId, remaining, mae, ms: rounded(ms) }, 'pipeline stepped')
    },
    close: () => undefined
  }
}

function rounded(value: number | undefined): number | null {
  return value === undefined ? null : Number(value.toFixed(4))
}
