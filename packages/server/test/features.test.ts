import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '@millrace/common'
import { createLagFeatures, type LagFeatures } from '@millrace/engine'
import { memorySeriesStore } from '@millrace/store'
import { buildFeatures } from '../src/index.ts'
import type { RedisState } from '../src/services/redis-gauges.ts'
import { common, features, get, post, send } from './services.ts'

test('answers the lags before the new value, in_1 the latest, and counts the real ones', async () => {
  const app = features()
  for (const value of [100, 115, 120]) await post(app, '/add', { series_id: 'prices', value })
  assert.deepEqual(await post(app, '/add', { series_id: 'prices', value: 125.5 }), {
    status: 200,
    body: { series_id: 'prices', features: { in_1: 120, in_2: 115, in_3: 100 }, target: 125.5, available_lags: 3 }
  })
})

test('the first value of a series has only zeros for lags', async () => {
  assert.deepEqual((await post(features(), '/add', { value: 112 })).body, {
    series_id: 'default',
    features: { in_1: 0, in_2: 0, in_3: 0 },
    target: 112,
    available_lags: 0
  })
})

test('unknown fields are passed over', async () => {
  const reply = await post(features(), '/add', { series_id: 's', value: 1, timestamp: '1949-01', tags: [{}] })
  assert.equal(reply.status, 200)
})

test('tells of one series, and of an unknown one with 404', async () => {
  const app = features()
  for (const value of [115, 120, 125]) await post(app, '/add', { value })
  const series = { series_id: 'default', length: 3, latest_value: 125, available_lags: 3 }
  assert.deepEqual(await get(app, '/series/default'), { status: 200, body: series })
  assert.deepEqual(await get(app, '/series/unknown'), {
    status: 404,
    body: {
      code: 'MILL_SERIES_NOT_FOUND',
      message: 'Series unknown not found',
      details: { seriesId: 'unknown' },
      detail: 'Series unknown not found'
    }
  })
})

const strangeIds = [
  'a/b',
  'a b',
  '..%2f',
  '\u0000',
  '😀',
  '',
  ' ',
  '__proto__',
  'constructor',
  '?x=1#y',
  'é'.repeat(1024)
]

test('any text is a series id, percent-encoded in the path', async () => {
  const app = features()
  for (const [index, id] of strangeIds.entries()) {
    assert.equal((await post(app, '/add', { series_id: id, value: index })).status, 200, id)
    const { status, body } = await get(app, `/series/${encodeURIComponent(id)}`)
    assert.equal(status, 200, id)
    assert.deepEqual(body, { series_id: id, length: 1, latest_value: index, available_lags: 1 })
  }
})

test('an id that is not well-formed Unicode is kept apart from others', async () => {
  const app = features()
  await post(app, '/add', '{"series_id": "\\ud800", "value": 1}')
  const reply = await app.inject({
    method: 'POST',
    url: '/add',
    payload: '{"series_id": "\\ud801", "value": 2}',
    headers: { 'content-type': 'application/json' }
  })
  assert.equal(reply.json().available_lags, 0)
  assert.match(reply.body, /"series_id":"\\ud801"/)
})

test('an id of more than 1024 characters is refused in the body and in the path', async () => {
  const app = features()
  const id = 'x'.repeat(1025)
  assert.equal((await post(app, '/add', { series_id: id, value: 1 })).status, 422)
  const { status, body } = await get(app, `/series/${id}`)
  assert.equal(status, 422)
  assert.deepEqual((body as { detail: unknown }).detail, [
    { type: 'string_too_long', loc: ['path', 'series_id'], msg: 'String should have at most 1024 characters' }
  ])
})

test('info lists the 100 series fed most recently', async () => {
  const app = features(15)
  assert.deepEqual(await get(app, '/info'), {
    status: 200,
    body: { service: 'feature_service', max_lags: 15, output_format: 'model_ready_in_1_to_in_15', series_info: {} }
  })
  for (let i = 0; i <= 100; i++) await post(app, '/add', { series_id: i === 100 ? '__proto__' : `s${i}`, value: i })
  const { body } = await get(app, '/info')
  const info = (body as { series_info: object }).series_info
  assert.equal(Object.keys(info).length, 100)
  assert.deepEqual(Object.entries(info)[0], [
    '__proto__',
    { length: 1, latest_value: 100, available_lags: 1, storage: 'sqlite' }
  ])
  assert.ok(!Object.hasOwn(info, 's0'))
})

test('health tells that values cannot be kept, until one is', async () => {
  const series = memorySeriesStore()
  let isFull = true
  const lagFeatures = createLagFeatures({
    series: {
      ...series,
      push: async push => {
        if (isFull) throw new MillraceError('MILL_STORE_FAILED', 'the disk is full')
        return series.push(push)
      }
    },
    lags: 3
  })
  const app = buildFeatures({ ...common, features: lagFeatures })
  assert.equal((await post(app, '/add', { value: 1 })).status, 503)
  const degraded = (await get(app, '/health')).body as Record<string, unknown>
  assert.deepEqual([degraded['status'], typeof degraded['problem']], ['degraded', 'string'])
  isFull = false
  await post(app, '/add', { value: 1 })
  const healthy = (await get(app, '/health')).body as Record<string, unknown>
  assert.deepEqual([healthy['status'], healthy['problem']], ['healthy', undefined])
})

test('health', async () => {
  assert.deepEqual(await get(features(), '/health'), {
    status: 200,
    body: {
      status: 'healthy',
      service: 'feature_service',
      storage: 'sqlite',
      redis_connected: false,
      unreconciled: 0
    }
  })
})

const away = {
  connected: false,
  storage: 'sqlite' as const,
  errors: 3,
  fallbackAdds: 2,
  reconciled: 0,
  unreconciled: 2
}

/** A feature service over a Redis, and where it says that values are kept. */
function overRedis(state: RedisState) {
  const inner = createLagFeatures({ series: memorySeriesStore(), lags: 3 })
  const add: LagFeatures['add'] = async value => ({ ...(await inner.add(value)), storage: state.storage })
  return buildFeatures({ ...common, features: { ...inner, add }, redis: () => state })
}

test('while Redis is away, values are kept on disk, and every place says so', async () => {
  const app = overRedis(away)
  const { status, headers } = await send(app, '/add', { value: 1 })
  assert.equal(status, 200)
  assert.deepEqual([headers['x-millrace-storage'], headers['x-millrace-degraded']], ['sqlite', 'redis'])
  assert.deepEqual((await get(app, '/health')).body, {
    status: 'degraded',
    service: 'feature_service',
    storage: 'sqlite',
    redis_connected: false,
    unreconciled: 2
  })
  const text = (await app.inject('/metrics')).body
  for (const sample of [
    'millrace_redis_connected 0',
    'millrace_redis_errors_total 3',
    'millrace_series_fallback_adds_total 2',
    'millrace_series_reconciled_total 0',
    'millrace_series_unreconciled 2'
  ]) {
    assert.ok(text.includes(`\n${sample}\n`), sample)
  }
})

test('with Redis, values are kept there', async () => {
  const app = overRedis({ ...away, connected: true, storage: 'redis', unreconciled: 0 })
  const { headers } = await send(app, '/add', { value: 1 })
  assert.deepEqual([headers['x-millrace-storage'], headers['x-millrace-degraded']], ['redis', undefined])
  const { body } = await get(app, '/info')
  assert.equal((body as { series_info: { default: { storage: string } } }).series_info.default.storage, 'redis')
  const health = (await get(app, '/health')).body as Record<string, unknown>
  assert.deepEqual([health['status'], health['redis_connected']], ['healthy', true])
})

test('without a Redis in the settings nothing speaks of one', async () => {
  const app = features()
  assert.equal((await send(app, '/add', { value: 1 })).headers['x-millrace-degraded'], undefined)
  assert.doesNotMatch((await app.inject('/metrics')).body, /redis/)
})
