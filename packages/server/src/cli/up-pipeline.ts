import { type ModelMetrics, runStep, type StepResult, type StreamedObservation } from '@millrace/engine'
import type { Logger } from '../logger.ts'
import { localPorts } from '../pipeline/local-ports.ts'
import { createOutages, type Outages } from '../outages.ts'
import { createStepper, type Stepper } from '../pipeline/stepper.ts'
import type { EngineParts } from '../platform.ts'
import type { UpView } from './up-log.ts'

/** What {@link startPipeline} is given. */
export interface UpPipeline {
  /** 0 turns stepping off. */
  intervalSeconds: number
  parts: EngineParts
  logger: Logger
  view: UpView
}

/**
 * Start stepping, unless it is turned off. A step that fails is logged, and the next one comes as planned and takes the
 * same observation again.
 */
export function startPipeline({ intervalSeconds, parts, logger, view }: UpPipeline): Stepper | undefined {
  const { stream, features, learners } = parts
  if (intervalSeconds === 0 || stream === undefined || features === undefined) return undefined
  const ports = localPorts({ stream, features, learners })
  const steps = createOutages({
    failed: error => logger.error({ err: error }, 'pipeline step failed'),
    ended: failures => logger.info({ failures }, 'pipeline steps again')
  })
  const models = modelOutages(parts, logger)
  const stepper = createStepper({
    intervalMs: intervalSeconds * 1000,
    async step() {
      try {
        const result = await runStep(ports, () => performance.now())
        steps.succeeded()
        tell(result, models)
        view.stepped(result)
      } catch (error) {
        steps.failed(error)
      }
    }
  })
  stepper.start()
  return stepper
}

/** By the name of the model. */
function modelOutages({ learners }: EngineParts, logger: Logger): Map<string, Outages> {
  return new Map(
    learners.map(({ name }) => [
      name,
      createOutages({
        failed: error => logger.warn({ model: name, err: error }, 'model failed in the pipeline'),
        ended: failures => logger.info({ model: name, failures }, 'model learns again in the pipeline')
      })
    ])
  )
}

function tell(result: StepResult<StreamedObservation, ModelMetrics>, models: Map<string, Outages>): void {
  if (result.outcome === 'exhausted') return
  for (const { label, error } of result.models) {
    if (error === undefined) models.get(label)?.succeeded()
    else models.get(label)?.failed(error)
  }
}
