import { randomUUID } from 'node:crypto'
import type { PipelinePorts, StepModel, TakenObservation } from '@millrace/engine'
import { type Call, type CallTime, httpCaller, object, statusOf, upstreamFailed } from './http-call.ts'

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
  options: { timeoutMs?: number; time?: CallTime } = {}
): PipelinePorts<WireObservation, WireMetrics> {
  const call = httpCaller({ timeoutMs: 10_000, ...options })
  return {
    take: () => take(addresses.ingestion, call),
    async add(seriesId, value, observationId) {
      const url = `${addresses.features}/add`
      const body = { series_id: seriesId, value, observation_id: observationId }
      const reply = object(await call({ method: 'POST', url, body }), url)
      const lags = object(reply['features'], url)
      return {
        features: Object.fromEntries(Object.keys(lags).map(name => [name, number(lags, name, url)])),
        target: number(reply, 'target', url),
        availableLags: number(reply, 'available_lags', url)
      }
    },
    models: addresses.models.map(model => httpModel(model, call)),
    isRefusal
  }
}

/**
 * Asks the ingestion service to hold the observation until it is committed. One that does not know how hands it out as
 * ever; it is then known by a new id, which holds for this run.
 */
async function take(ingestion: string, call: Call): Promise<TakenObservation<WireObservation> | undefined> {
  const url = `${ingestion}/next`
  const reply = await call({ method: 'GET', url, headers: { 'x-millrace-delivery': 'hold' } })
  if (reply === undefined) return undefined
  const { held, observation_key: key, ...fields } = reply
  const observation = { ...fields, target: number(reply, 'target', url) }
  if (held !== true || typeof key !== 'string') return { observation, id: randomUUID(), commit: async () => undefined }
  const body = { observation_id: reply['observation_id'], observation_key: key }
  return {
    observation,
    id: key,
    commit: async () => void (await call({ method: 'POST', url: `${ingestion}/commit`, body }))
  }
}

function httpModel({ label, url }: { label: string; url: string }, call: Call): StepModel<WireMetrics> {
  return {
    label,
    async predictLearn(features, target, observationId) {
      const body = { features, target, observation_id: observationId }
      const reply = await call({ method: 'POST', url: `${url}/predict_learn`, body })
      return number(object(reply, url), 'prediction', url)
    },
    async metrics() {
      const reply = object(await call({ method: 'GET', url: `${url}/model_metrics` }), url)
      const score = object(reply['default'], url)
      const field = (name: string): number => number(score, name, url)
      return { count: field('count'), mae: field('mae'), rmse: field('rmse'), mape: field('mape') }
    }
  }
}

/** Client errors that tell of the way to a service, or of a service that cannot now, and not of what it was sent. */
const notAboutTheObservation = new Set([401, 403, 404, 405, 407, 408, 409, 421, 425, 429])

function isRefusal(error: unknown): boolean {
  const status = statusOf(error) ?? 0
  return status >= 400 && status < 500 && !notAboutTheObservation.has(status)
}

function number(from: Record<string, unknown>, name: string, url: string): number {
  const value = from[name]
  if (typeof value === 'number') return value
  throw upstreamFailed(url, `the answer has no number ${name}`, { status: 200 })
}
