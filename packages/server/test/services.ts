import { createLagFeatures, createObservationStream, createOnlineModel, type LearnerName } from '@millrace/engine'
import { memoryCursorStore, memorySeriesStore } from '@millrace/store'
import type { App } from '../src/app-type.ts'
import {
  buildFeatures,
  buildInference,
  buildIngestion,
  buildModel,
  createLogger,
  createProcessMetrics,
  parseConfig
} from '../src/index.ts'

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

/** A model service with a fresh learner. */
export function model(name: LearnerName = 'linear_regression'): App {
  return buildModel({ ...common, model: createOnlineModel({ name, seed: 42 }) })
}

/** The inference service with a fresh default learner. */
export function inference(): App {
  return buildInference({ ...common, model: createOnlineModel({ name: 'linear_regression', seed: 42 }) })
}

/** POST a body as JSON; text is sent as it is. */
export async function post(app: App, url: string, body: unknown): Promise<{ status: number; body: unknown }> {
  const payload = typeof body === 'string' ? body : JSON.stringify(body)
  const reply = await app.inject({ method: 'POST', url, payload, headers: { 'content-type': 'application/json' } })
  return { status: reply.statusCode, body: reply.json() }
}

/** GET a path whose reply is JSON. */
export async function get(app: App, url: string): Promise<{ status: number; body: unknown }> {
  const reply = await app.inject(url)
  return { status: reply.statusCode, body: reply.json() }
}
