import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { App } from '../src/app-type.ts'
import { features, model, post } from './services.ts'

const name = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const label = `${name}="(?:[^"\\\\\\n]|\\\\["\\\\n])*"`
const sample = new RegExp(`^(${name})(?:\\{(${label}(?:,${label})*)\\})? (-?[0-9.]+(?:e[+-]?[0-9]+)?|NaN|[+-]Inf)$`)

/** Reads Prometheus text strictly: each line a comment or sample, each family declared once before its samples. */
function parse(text: string): Map<string, number> {
  assert.ok(text.endsWith('\n'))
  const types = new Map<string, string>()
  const samples = new Map<string, number>()
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('# HELP ')) continue
    const type = /^# TYPE (\S+) (counter|gauge|histogram|summary)$/.exec(line)
    if (type !== null) {
      assert.equal(type[1]!.endsWith('_total'), type[2] === 'counter', line)
      assert.ok(!types.has(type[1]!), `declared twice: ${line}`)
      types.set(type[1]!, type[2]!)
      continue
    }
    const [, metric, labels = '', value] = sample.exec(line) ?? assert.fail(`not a sample: ${line}`)
    const family = metric!.replace(/_(bucket|sum|count)$/, '')
    assert.ok(types.has(metric!) || types.get(family) === 'histogram' || types.get(family) === 'summary', line)
    const key = labels === '' ? metric! : `${metric}{${labels}}`
    assert.ok(!samples.has(key), `twice: ${line}`)
    samples.set(key, Number(value!.replace('Inf', 'Infinity')))
  }
  return samples
}

async function scrape(app: App): Promise<Map<string, number>> {
  const reply = await app.inject({ url: '/metrics', headers: { accept: 'application/openmetrics-text, text/plain' } })
  assert.equal(reply.statusCode, 200)
  assert.equal(reply.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  return parse(reply.body)
}

test('scrapers that are set up for TensorFlow Serving find the metrics where it has them', async () => {
  const app = await model('ridge_regression')
  const reply = await app.inject({ url: '/monitoring/prometheus/metrics', headers: { accept: 'application/json' } })
  assert.equal(reply.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  assert.ok(parse(reply.body).has(`ml_model_predictions_total${labels}`))
})

const labels = '{series="default",model="ridge_regression"}'

test('before the first prediction a model has a counter at 0 and no gauge of errors', async () => {
  const samples = await scrape(await model('ridge_regression'))
  assert.equal(samples.get(`ml_model_predictions_total${labels}`), 0)
  assert.deepEqual(
    [...samples.keys()].filter(key => /^ml_model_(mae|mse|rmse|mape|last)/.test(key)),
    []
  )
})

test('a model tells of its memory, its journal and what it was sent', async () => {
  const app = await model('ridge_regression', {
    memoryBytes: () => 4096,
    health: () => ({ role: 'writer', sequence: 12, snapshotSequence: 10, problem: undefined }),
    counts: () => ({
      repeats: 1,
      conflicts: 2,
      labels: { learned: 3, repeated: 4, corrected: 5, expired: 6, unknown: 7 },
      guardSkips: 8,
      guardRollbacks: 9,
      snapshots: { taken: 10, failed: 11 }
    })
  })
  const expected: [metric: string, value: number, outcome?: string][] = [
    ['memory_bytes', 4096],
    ['can_learn', 1],
    ['journal_sequence', 12],
    ['snapshot_sequence', 10],
    ['repeats_total', 1],
    ['id_conflicts_total', 2],
    ['labels_total', 3, 'learned'],
    ['labels_total', 4, 'repeated'],
    ['labels_total', 5, 'corrected'],
    ['labels_total', 6, 'expired'],
    ['labels_total', 7, 'unknown'],
    ['guard_skips_total', 8],
    ['guard_rollbacks_total', 9],
    ['snapshots_total', 10, 'taken'],
    ['snapshots_total', 11, 'failed']
  ]
  await scrape(app) // counters are read anew each time
  const samples = await scrape(app)
  for (const [metric, value, outcome] of expected) {
    const key = outcome === undefined ? labels : labels.replace('}', `,outcome="${outcome}"}`)
    assert.equal(samples.get(`ml_model_${metric}${key}`), value, `${metric} ${outcome}`)
  }
})

test('a model that has a problem, or only follows, cannot learn', async () => {
  for (const [role, problem] of [
    ['writer', 'the disk is full'],
    ['reader', undefined]
  ] as const) {
    const health = { role, problem, sequence: 1, snapshotSequence: 0 }
    const samples = await scrape(await model('ridge_regression', { health: () => health }))
    assert.equal(samples.get(`ml_model_can_learn${labels}`), 0)
  }
})

test('a model tells of its errors over all and over the latest predictions', async () => {
  const app = await model('ridge_regression')
  await post(app, '/train', { features: {}, target: 130 })
  await post(app, '/predict_learn', { features: {}, target: 0.1 })
  const samples = await scrape(app)
  // Predictions 0 and 2.6: errors 130 and 2.5.
  const expected = { mae: 66.25, mse: 8453.125, rmse: Math.sqrt(8453.125), mape: 1300 }
  for (const [error, value] of Object.entries(expected)) {
    for (const suffix of ['', '_5', '_10', '_20']) {
      const actual = samples.get(`ml_model_${error}${suffix}${labels}`) ?? Number.NaN
      assert.ok(Math.abs(actual - value) < 1e-9, `${error}${suffix}`)
    }
  }
  assert.equal(samples.get(`ml_model_last_actual${labels}`), 0.1)
  assert.equal(samples.get(`ml_model_predictions_total${labels}`), 2)
  assert.ok(samples.has(`ml_model_last_prediction${labels}`) && samples.has(`ml_model_last_error${labels}`))
})

test('requests are counted and timed by route, not by path', async () => {
  const app = features()
  for (const id of ['a', 'b', 'c']) await app.inject(`/series/${id}`)
  await app.inject('/nothing')
  await app.inject('/series/%')
  await post(app, '/add', '{')
  await post(app, '/add', { value: 1 })
  const samples = await scrape(app)
  const count = (method: string, route: string, status: number) =>
    samples.get(
      `millrace_http_requests_total{service="features",method="${method}",route="${route}",status="${status}"}`
    )
  assert.equal(count('GET', '/series/:series_id', 404), 3)
  assert.equal(count('GET', 'unmatched', 404), 1)
  assert.equal(count('GET', 'unmatched', 400), 1)
  assert.equal(count('POST', '/add', 422), 1)
  assert.equal(count('POST', '/add', 200), 1)
  const timed = 'service="features",method="POST",route="/add",status="200"'
  assert.equal(samples.get(`millrace_http_request_duration_seconds_count{${timed}}`), 1)
  assert.equal(samples.get(`millrace_http_request_duration_seconds_bucket{le="+Inf",${timed}}`), 1)
  assert.ok(samples.has('process_resident_memory_bytes'))
})

test('HEAD of the metrics has no body', async () => {
  const reply = await features().inject({ method: 'HEAD', url: '/metrics' })
  assert.equal(reply.statusCode, 200)
  assert.equal(reply.body, '')
})
