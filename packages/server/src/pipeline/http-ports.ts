import { MillraceError } from '@millrace/common'
import type { PipelinePorts, StepModel } from '@millrace/engine'

/** An observation as the ingestion service answers it; other fields may be there. */
export interface WireObservation extends Record<string, unknown> {
  target: number
}

/** The part of a model's `/model_metrics` that the pipeline shows; MAPE in percent. */
export interface WireMetrics {
  count: number
  mae: number
  rmse: number
  mape: number
}

/** Where the services answer; addresses without a slash at the end. */
export interface PipelineAddresses {
  ingestion: string
  features: string
  models: readonly { label: string; url: string }[]
}

/**
 * The pipeline's ports over the documented HTTP API. Every call throws MILL_UPSTREAM_FAILED when the service does not
 * answer in time, answers with an error, or answers something else than documented.
 */
export function httpPorts(
  addresses: PipelineAddresses,
  { timeoutMs = 10_000 }: { timeoutMs?: number } = {}
): PipelinePorts<WireObservation, WireMetrics> {
  const call = caller(timeoutMs)
  return {
    async next() {
      const url = `${addresses.ingestion}/next`
      const reply = await call('GET', url)
      return reply === undefined ? undefined : { ...reply, target: number(reply, 'target', url) }
    },
    async add(seriesId, value) {
      const url = `${addresses.features}/add`
      const reply = object(await call('POST', url, { series_id: seriesId, value }), url)
      const lags = object(reply['features'], url)
      return {
        features: Object.fromEntries(Object.keys(lags).map(name => [name, number(lags, name, url)])),
        target: number(reply, 'target', url),
        availableLags: number(reply, 'available_lags', url)
      }
    },
    models: addresses.models.map(model => httpModel(model, call))
  }
}

function httpModel({ label, url }: { label: string; url: string }, call: Call): StepModel<WireMetrics> {
  return {
    label,
    async predictLearn(features, target) {
      const reply = await call('POST', `${url}/predict_learn`, { features, target })
      return number(object(reply, url), 'prediction', url)
    },
    async metrics() {
      const reply = object(await call('GET', `${url}/model_metrics`), url)
      const score = object(reply['default'], url)
      const field = (name: string): number => number(score, name, url)
      return { count: field('count'), mae: field('mae'), rmse: field('rmse'), mape: field('mape') }
    }
  }
}

/** One HTTP call; undefined for an answer without content. */
type Call = (method: 'GET' | 'POST', url: string, body?: unknown) => Promise<Record<string, unknown> | undefined>

function caller(timeoutMs: number): Call {
  return async (method, url, body) => {
    try {
      const response = await fetch(url, {
        method,
        signal: AbortSignal.timeout(timeoutMs),
        ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
      })
      const text = await response.text()
      if (!response.ok) throw upstreamFailed(url, `status ${response.status}: ${text.slice(0, 200)}`)
      return response.status === 204 ? undefined : object(JSON.parse(text), url)
    } catch (error) {
      if (error instanceof MillraceError) throw error
      throw upstreamFailed(`${method} ${url}`, reason(error, timeoutMs), error)
    }
  }
}

function upstreamFailed(what: string, why: string, cause?: unknown): MillraceError {
  return new MillraceError('MILL_UPSTREAM_FAILED', `${what}: ${why}`, { cause })
}

/** What a failed fetch means; undici hides the system's error one level down. */
function reason(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`
  const { cause } = error
  if (!(cause instanceof Error)) return error.message
  return cause.message || ('code' in cause ? String(cause.code) : error.message)
}

function object(value: unknown, url: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw upstreamFailed(url, 'the answer is not the documented JSON object')
}

function number(from: Record<string, unknown>, name: string, url: string): number {
  const value = from[name]
  if (typeof value === 'number') return value
  throw upstreamFailed(url, `the answer has no number ${name}`)
}
