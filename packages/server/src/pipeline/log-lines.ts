import type { ModelOutcome, StepDone } from '@millrace/engine'
import type { WireMetrics } from './http-ports.ts'

/** What schedulers and people grep for when the stream is at its end. */
export const exhaustedMessage = 'INFO: No more observations available - stream exhausted'

/** The message of a run that failed. */
export function failedMessage(error: unknown): string {
  return `ERROR: Pipeline failed: ${error instanceof Error ? error.message : String(error)}`
}

/** A line of the pipeline's log: local time with microseconds, then the message. */
export function logLine(epochMs: number, message: string): string {
  return `${timestamp(epochMs)}: ${message}`
}

/** Local time as `YYYY-MM-DD HH:MM:SS.ffffff`; `epochMs` may have a fraction. */
export function timestamp(epochMs: number): string {
  const micros = Math.floor(epochMs * 1000)
  const date = new Date(Math.floor(micros / 1000))
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  return `${day} ${time}.${String(micros % 1_000_000).padStart(6, '0')}`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

type Outcome = ModelOutcome<WireMetrics>

/**
 * The messages of a step that was taken, in the order and the form that existing users parse.
 * @param endMs when the step ended, in milliseconds since 1970; a fraction gives the microseconds
 */
export function stepMessages(step: StepDone<Record<string, unknown>, WireMetrics>, endMs: number): string[] {
  const lags = Object.entries(step.features)
  return [
    '=== E2E PIPELINE START ===',
    `[1/4] SUCCESS: Ingestion - ${spacedJson(step.observation)}`,
    `[2/4] SUCCESS: Features extracted: ${lags.length} inputs, ${step.availableLags} lags available`,
    '  Feature breakdown:',
    ...lags.map(([name, value]) => `    ${name}: ${decimal(value)}`),
    '[3/4] SUCCESS: Model predictions (parallel execution):',
    ...modelColumns(step.target).map(
      ([name, cell]) =>
        `  ${name.padEnd(10)}: ${step.models.map(model => `${model.label}: ${cell(model)}`).join(' | ')}`
    ),
    '',
    `[4/4] SUCCESS: All ${step.models.length} models trained in parallel`,
    `=== E2E PIPELINE COMPLETE: ${timestamp(endMs)} | Duration: ${(step.ms / 1000).toFixed(3)}s ===`
  ]
}

function modelColumns(target: number): [name: string, cell: (model: Outcome) => string][] {
  return [
    ['Model', model => model.label],
    ['Prediction', model => model.prediction?.toFixed(4) ?? 'ERROR'],
    ['MAE', score(metrics => metrics.mae.toFixed(2))],
    ['RMSE', score(metrics => metrics.rmse.toFixed(2))],
    ['MAPE', score(metrics => metrics.mape.toFixed(2))],
    ['Count', score(metrics => String(metrics.count))],
    ['Error', model => (model.prediction === undefined ? '-' : (target - model.prediction).toFixed(2))],
    ['Time', model => `${(model.ms / 1000).toFixed(3)}s`]
  ]
}

function score(pick: (metrics: WireMetrics) => string): (model: Outcome) => string {
  return ({ metrics }) => (metrics === undefined ? '-' : pick(metrics))
}

/** A number that reads as a decimal: `112.0`, not `112`. */
function decimal(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e16 ? value.toFixed(1) : String(value)
}

/** One line of JSON with a space after each comma and colon. */
function spacedJson(value: Record<string, unknown>): string {
  const fields = Object.entries(value).map(([name, field]) => `${JSON.stringify(name)}: ${JSON.stringify(field)}`)
  return `{${fields.join(', ')}}`
}
