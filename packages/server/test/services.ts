import { createLagFeatures, createObservationStream, type LearnerName, type ServedLearner } from '@millrace/engine'
import { memoryCursorStore, memorySeriesStore } from '@millrace/store'
import { Registry } from 'prom-client'
import type { App } from '../src/app-type.ts'
import {
  buildFeatures,
  buildInference,
  buildIngestion,
  buildModel,
  type Config,
  createLogger,
  createProcessMetrics,
  parseConfig
} from '../src/index.ts'
import { servingMetrics } from '../src/metrics/serving-metrics.ts'
import { withExperiments } from './fresh-experiments.ts'
import { freshLearner } from './fresh-learner.ts'
import { freshModels } from './fresh-models.ts'

/** What every service of a test is given; logs nothing. */
export const common = {
  config: parseConfig({}),
  logger: createLogger({ level: 'silent' }),
  processMetrics: createProcessMetrics()
}

/** The first values of the series that comes with Millrace. */
const values = [112, 118, 132]

/** An ingestion service over three months. */
export function ingestion(): App {
  const observations = values.map((target, index) => ({
    observationId: index + 1,
    input: `1949-0${index + 1}`,
    target
  }))
  return buildIngestion({
    ...common,
    stream: createObservationStream({ observations, cursors: memoryCursorStore(), name: 'test' })
  })
}

/** A feature service that keeps its series in memory. */
export function features(lags = 3, logger = common.logger): App {
  return buildFeatures({ ...common, logger, features: createLagFeatures({ series: memorySeriesStore(), lags }) })
}

/** A model service with a fresh learner, of which a test may replace what it likes. */
export async function model(
  name: LearnerName = 'linear_regression',
  replaced: Partial<ServedLearner> = {}
): Promise<App> {
  return buildModel({ ...common, learner: { ...(await freshLearner(name)), ...replaced } })
}

/** The inference service with a fresh default learner, and models of folders if any are given. */
export async function inference(folders: readonly string[] = [], settings: Partial<Config> = {}): Promise<App> {
  const registry = new Registry()
  const metrics = servingMetrics(registry)
  const models = await freshModels(folders, { events: metrics.events })
  metrics.watch({ models })
  return buildInference({
    ...common,
    config: { ...common.config, ...settings },
    models,
    ...(await withExperiments(models)),
    registry,
    metrics,
    redisConnected: () => undefined,
    learner: await freshLearner('linear_regression')
  })
}

/** POST a body as JSON; text is sent as it is. */
export async function post(app: App, url: string, body: unknown): Promise<{ status: number; body: unknown }> {
  const { status, text } = await send(app, url, body)
  return { status, body: JSON.parse(text) as unknown }
}

/** What came back, to the byte. */
export interface RawReply {
  status: number
  text: string
  /** Whether the reply says that the request came before. */
  isReplayed: boolean
  headers: Record<string, unknown>
}

/** POST a body as JSON with more headers. */
export async function send(
  app: App,
  url: string,
  body: unknown,
  headers: Record<string, string> = {}
): Promise<RawReply> {
  const payload = typeof body === 'string' ? body : JSON.stringify(body)
  const type = { 'content-type': 'application/json' }
  const reply = await app.inject({ method: 'POST', url, payload, headers: { ...type, ...headers } })
  const isReplayed = reply.headers['idempotency-replayed'] === 'true'
  return { status: reply.statusCode, text: reply.body, isReplayed, headers: reply.headers }
}

/** GET a path whose reply is JSON. */
export async function get(app: App, url: string): Promise<{ status: number; body: unknown }> {
  const reply = await app.inject(url)
  return { status: reply.statusCode, body: reply.json() }
}
