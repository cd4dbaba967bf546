import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { App } from '../../src/app-type.ts'
import { systemFigures } from '../../src/metrics/system-metrics.ts'
import { documentApp } from './document-app.ts'
import { get, post } from './json.ts'

const ten = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]

/** Every sample of the Prometheus text by its name with labels. */
async function scrape(app: App, headers: Record<string, string> = {}): Promise<Map<string, number>> {
  const reply = await app.inject({ url: '/metrics', headers })
  assert.equal(reply.statusCode, 200)
  assert.match(String(reply.headers['content-type']), /^text\/plain; version=0\.0\.4/)
  const lines = reply.body.split('\n').filter(line => line !== '' && !line.startsWith('#'))
  return new Map(lines.map(line => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]))
}

/** Two questions with data, the second known; one to a version; one of the learner; three that fail. */
async function used(t: TestContext): Promise<App> {
  const { app } = await documentApp(t)
  await post(app, '/predict', { data: [ten] })
  await post(app, '/predict', { data: [ten] })
  await post(app, '/predict', { features: ten, model_version: 'v2.0' })
  await post(app, '/predict', { features: { in_1: 1 } })
  await post(app, '/predict', { data: [[1]] })
  await post(app, '/predict', { features: ten, model_version: 'v9' })
  await app.inject('/nothing/at/all')
  await post(app, '/models/v2.0/activate', '')
  await post(app, '/models/reload', '')
  return app
}

test('the documented metrics are there, under their names and labels', async t => {
  const samples = await scrape(await used(t))
  const expected: Record<string, number> = {
    'ml_api_requests_total{method="POST",endpoint="/predict",status="200"}': 4,
    'ml_api_requests_total{method="POST",endpoint="/predict",status="422"}': 1,
    'ml_api_requests_total{method="POST",endpoint="/predict",status="404"}': 1,
    'ml_api_requests_total{method="GET",endpoint="unmatched",status="404"}': 1,
    'ml_api_requests_total{method="POST",endpoint="/models/:version/activate",status="200"}': 1,
    'ml_api_request_duration_seconds_count{method="POST",endpoint="/predict"}': 6,
    'ml_api_request_duration_seconds_bucket{le="+Inf",method="POST",endpoint="/predict"}': 6,
    ml_api_predictions_total: 4,
    'ml_api_model_reloads_total{outcome="success"}': 1,
    'ml_api_model_reloads_total{outcome="failure"}': 0,
    'ml_inference_requests_total{model_name="random_forest_classifier",status="success"}': 2,
    'ml_inference_requests_total{model_name="random_forest_classifier",status="error"}': 0,
    'ml_inference_requests_total{model_name="tabular_classifier",status="success"}': 1,
    'ml_inference_requests_total{model_name="tabular_classifier",status="error"}': 1,
    'ml_inference_errors_total{model_name="tabular_classifier",error_type="model_not_loaded"}': 1,
    'ml_inference_duration_seconds_count{model_name="random_forest_classifier"}': 2,
    'millrace_model_cache_total{model="random_forest_classifier",version="1.0.0",outcome="hit"}': 1,
    'millrace_model_cache_total{model="random_forest_classifier",version="1.0.0",outcome="miss"}': 1,
    'millrace_model_requests_total{model="tabular_classifier",version="v2.0",outcome="success"}': 1,
    'millrace_model_rows_total{model="random_forest_classifier",version="1.0.0"}': 1,
    millrace_cache_hits_total: 1,
    millrace_cache_misses_total: 2,
    millrace_cache_entries: 2,
    'ml_model_predictions_total{series="default",model="linear_regression"}': 0
  }
  for (const [sample, value] of Object.entries(expected)) assert.equal(samples.get(sample), value, sample)
  const bounds = [...samples.keys()].flatMap(
    key => /^ml_inference_duration_seconds_bucket\{le="([^"]+)",model_name="tabular_classifier"\}/.exec(key)?.[1] ?? []
  )
  assert.deepEqual(bounds, ['0.001', '0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '+Inf'])
  assert.ok(samples.get('ml_active_models')! >= 2)
  assert.ok(samples.get('ml_api_model_load_seconds_count')! >= 4)
  assert.ok(samples.get('ml_model_load_time_seconds{model_name="tabular_classifier"}')! > 0)
  assert.ok(samples.get('millrace_cache_bytes')! > 0)
  assert.ok(samples.get('millrace_model_memory_bytes{model="tabular_classifier",version="v2.0"}')! > 0)
})

test('a path with patterns in it is told without them', async t => {
  const { app } = await documentApp(t)
  await app.inject({
    method: 'POST',
    url: '/v1/models/tabular_classifier/versions/v2.0:predict',
    payload: { instances: [ten] }
  })
  const route = '/v1/models/:model/versions/:version:predict'
  assert.equal((await scrape(app)).get(`ml_api_requests_total{method="POST",endpoint="${route}",status="200"}`), 1)
  const { body } = await get(app, '/')
  assert.ok((body['routes'] as string[]).includes(`POST ${route}`))
})

test('names that clients make up do not become labels', async t => {
  const { app } = await documentApp(t)
  for (let i = 0; i < 20; i++) {
    await app.inject({ method: 'POST', url: `/made-up/${i}` })
    await post(app, `/models/made-up-${i}/activate`, '')
    await get(app, `/models/info?model=made-up-${i}`)
    await post(app, '/predict', { features: ten, model_version: `made-up-${i}` })
  }
  const { body } = await app.inject('/metrics')
  assert.doesNotMatch(body, /made-up/)
})

test('only who asks for JSON gets it, and it has what the documents promise', async t => {
  const app = await used(t)
  for (const accept of ['*/*', 'text/plain', 'text/html', 'application/openmetrics-text;q=0.5,text/plain;q=0.3']) {
    await scrape(app, { accept })
  }
  const samples = await scrape(app)
  const { status, body, headers } = await get(app, '/metrics', { accept: 'application/json' })
  assert.equal(status, 200)
  assert.match(String(headers['content-type']), /^application\/json/)
  assert.equal(headers['vary'], 'Accept')
  assert.deepEqual(Object.keys(body), ['timestamp', 'api_metrics', 'model_metrics', 'system_metrics'])
  const api = body['api_metrics'] as Record<string, number>
  const total = api['total_requests']
  const sum = (pattern: RegExp) =>
    [...samples].filter(([key]) => pattern.test(key)).reduce((n, [, value]) => n + value, 0)
  // The scrape that was made to compare with has been counted since.
  assert.equal(total, sum(/^ml_api_requests_total/) + 1)
  assert.equal(api['errors'], sum(/^ml_api_requests_total.*status="4/))
  assert.equal(api['errors'], 3)
  assert.ok(Math.abs(api['success_rate']! - (1 - 3 / total)) < 1e-6)
  assert.ok(Math.abs(api['error_rate']! + api['success_rate']! - 1) < 1e-6)
  assert.equal(api['total_predictions'], samples.get('ml_api_predictions_total'))
  assert.ok(api['average_response_time']! > 0 && api['uptime_seconds']! >= 0 && api['active_connections']! >= 0)

  const model = body['model_metrics'] as Record<string, Record<string, unknown>>
  assert.deepEqual(model['reload_events'] && { ...model['reload_events'], last: undefined }, {
    total: 1,
    successful: 1,
    failed: 0,
    last: undefined
  })
  assert.equal(model['cache_status'], 'active')
  const { bytes, ...cache } = model['cache']!
  assert.deepEqual(cache, { hits: 1, misses: 2, hit_rate: 0.3333333, entries: 2 })
  assert.ok(Number(bytes) > 0)
  const { last_updated, avg_confidence, ...second } = model['v2.0']!
  assert.equal(new Date(String(last_updated)).toISOString(), last_updated)
  assert.ok(Number(avg_confidence) > 0.5 && Number(avg_confidence) <= 1)
  assert.deepEqual(
    [
      second['total_predictions'],
      second['successful_predictions'],
      second['failed_predictions'],
      second['success_rate']
    ],
    [1, 1, 0, 1]
  )
  for (const name of ['avg', 'min', 'max']) assert.ok(Number(second[`${name}_processing_time`]) > 0)
  assert.deepEqual(model['models']!['tabular_classifier'], {
    'v3.0': model['v3.0'],
    'v2.0': model['v2.0'],
    'v1.0': model['v1.0']
  })
})

test('the figures of the machine are true', async () => {
  let now = 0
  const times = [
    { busy: 1000, total: 10_000 },
    { busy: 1250, total: 11_000 },
    { busy: 1250, total: 11_000 }
  ]
  const read = systemFigures({ folder: '/', monotonicNow: () => now, readCpus: () => times.shift()! })
  assert.equal((await read()).cpu_percent, null)
  now = 1000
  assert.equal((await read()).cpu_percent, 25)
  now = 1999 // too soon after the look before
  assert.equal((await read()).cpu_percent, 25)
  now = 2000 // no time has passed for the processors
  const figures = await read()
  assert.equal(figures.cpu_percent, 25)
  assert.ok(figures.memory_used_gb > 0 && figures.memory_used_gb <= figures.memory_total_gb)
  assert.ok(Math.abs(figures.memory_percent - (100 * figures.memory_used_gb) / figures.memory_total_gb) < 0.5)
  assert.ok(figures.disk_used_gb! > 0 && figures.disk_used_gb! <= figures.disk_total_gb!)
  assert.ok(figures.disk_percent! > 0 && figures.disk_percent! <= 100)
  assert.ok(figures.process_memory_gb > 0.01 && figures.process_memory_gb < figures.memory_total_gb)
  assert.ok(figures.process_cpu_seconds > 0)
  const nowhere = await systemFigures({ folder: '/no/such/folder' })()
  assert.deepEqual([nowhere.disk_percent, nowhere.disk_used_gb, nowhere.disk_total_gb], [null, null, null])
})
