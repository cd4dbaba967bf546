import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { App } from '../src/app-type.ts'
import { features, get, model, post } from './services.ts'

const json = 'application/json'

interface BadBody {
  name: string
  body: string | Buffer
  status: number
  code: string
  type?: string | undefined
  encoding?: string
  loc?: (string | number)[]
}

const nested = `${'['.repeat(10_000)}${']'.repeat(10_000)}`

/** Bodies that are wrong whatever the route. */
const anywhere: BadBody[] = [
  { name: 'empty', body: '', status: 422, code: 'MILL_REQUEST_INVALID', loc: ['body'] },
  { name: 'null', body: 'null', status: 422, code: 'MILL_REQUEST_INVALID', loc: ['body'] },
  { name: 'array', body: '[]', status: 422, code: 'MILL_REQUEST_INVALID', loc: ['body'] },
  { name: 'text', body: '"value"', status: 422, code: 'MILL_REQUEST_INVALID', loc: ['body'] },
  { name: 'number', body: '1', status: 422, code: 'MILL_REQUEST_INVALID', loc: ['body'] },
  { name: 'broken JSON', body: '{"value": 1', status: 422, code: 'MILL_JSON_INVALID' },
  { name: 'two documents', body: '{"value": 1}{"value": 1}', status: 422, code: 'MILL_JSON_INVALID' },
  { name: 'form in JSON type', body: 'value=1', status: 422, code: 'MILL_JSON_INVALID' },
  {
    name: 'not UTF-8',
    body: Buffer.from('{"series_id": "\xff", "value": 1}', 'latin1'),
    status: 422,
    code: 'MILL_JSON_INVALID'
  },
  { name: 'UTF-16', body: Buffer.from('{"value": 1}', 'utf16le'), status: 422, code: 'MILL_JSON_INVALID' },
  { name: 'nested 10 000 deep', body: nested, status: 422, code: 'MILL_JSON_TOO_DEEP' },
  { name: 'unclosed 500 000 deep', body: '['.repeat(500_000), status: 422, code: 'MILL_JSON_TOO_DEEP' },
  { name: '2 MiB', body: `{"value": 1, "x": "${'x'.repeat(2 ** 21)}"}`, status: 413, code: 'MILL_BODY_TOO_LARGE' },
  { name: 'text/plain', body: '{"value": 1}', status: 415, code: 'MILL_MEDIA_TYPE_UNSUPPORTED', type: 'text/plain' },
  { name: 'gzip', body: gzipSync('{"value": 1}'), status: 415, code: 'MILL_MEDIA_TYPE_UNSUPPORTED', encoding: 'gzip' },
  {
    name: 'not gzip',
    body: '{"value": 1, "features": {}, "target": 1}',
    status: 415,
    code: 'MILL_MEDIA_TYPE_UNSUPPORTED',
    encoding: 'gzip'
  },
  { name: 'no type', body: '{"value": 1}', status: 415, code: 'MILL_MEDIA_TYPE_UNSUPPORTED', type: undefined },
  { name: 'no media type', body: '{"value": 1}', status: 415, code: 'MILL_MEDIA_TYPE_UNSUPPORTED', type: ';;' }
]

const notNumbers = [
  '"125.0"',
  '"NaN"',
  'true',
  'false',
  'null',
  '[]',
  '[1]',
  '{}',
  '1e400',
  '-1e400',
  '1.0001e100',
  '-1e308'
]
const notJson = ['NaN', 'Infinity', '-Infinity', '+1', '01', '.5', '1.', '0x10', '1_000', 'undefined']

function wrongIn(field: string[], around: (value: string) => string): BadBody[] {
  return [
    ...notNumbers.map(value => ({
      name: `${field.join('.')} ${value}`,
      body: around(value),
      status: 422,
      code: 'MILL_REQUEST_INVALID',
      loc: ['body', ...field]
    })),
    ...notJson.map(value => ({
      name: `${field.join('.')} ${value}`,
      body: around(value),
      status: 422,
      code: 'MILL_JSON_INVALID'
    }))
  ]
}

const forAdd: BadBody[] = [
  ...anywhere,
  ...wrongIn(['value'], value => `{"series_id": "prices", "value": ${value}}`),
  { name: 'no value', body: '{}', status: 422, code: 'MILL_REQUEST_INVALID', loc: ['body', 'value'] },
  {
    name: 'value in __proto__',
    body: '{"__proto__": {"value": 1}}',
    status: 422,
    code: 'MILL_REQUEST_INVALID',
    loc: ['body', 'value']
  },
  ...['1', 'null', 'true', '[]', '{}'].map(id => ({
    name: `series_id ${id}`,
    body: `{"series_id": ${id}, "value": 1}`,
    status: 422,
    code: 'MILL_REQUEST_INVALID',
    loc: ['body', 'series_id']
  }))
]

const forLearning: BadBody[] = [
  ...anywhere,
  ...wrongIn(['target'], value => `{"features": {"in_1": 1}, "target": ${value}}`),
  ...wrongIn(['features', 'in_1'], value => `{"features": {"in_1": ${value}}, "target": 1}`),
  ...wrongIn(['features', '__proto__'], value => `{"features": {"__proto__": ${value}}, "target": 1}`),
  ...wrongIn(['features', 'a\nb'], value => `{"features": {"a\\nb": ${value}}, "target": 1}`),
  { name: 'no features', body: '{"target": 1}', status: 422, code: 'MILL_REQUEST_INVALID', loc: ['body', 'features'] },
  {
    name: 'list',
    body: '{"features": [1], "target": 1}',
    status: 422,
    code: 'MILL_REQUEST_INVALID',
    loc: ['body', 'features']
  },
  {
    name: 'name of 500 000 characters',
    body: `{"features": {"${'n'.repeat(500_000)}": 1e101}, "target": 1}`,
    status: 422,
    code: 'MILL_REQUEST_INVALID'
  }
]

const batchOf = (value: string) => `{"observations": [{"features": {}, "target": ${value}}]}`

async function refuses(
  app: App,
  url: string,
  { name, body, status, code, loc, encoding, ...rest }: BadBody
): Promise<void> {
  const type = 'type' in rest ? rest.type : json
  const headers = {
    ...(type === undefined ? {} : { 'content-type': type }),
    ...(encoding === undefined ? {} : { 'content-encoding': encoding })
  }
  const reply = await app.inject({ method: 'POST', url, payload: body, headers })
  const label = `${url} ${name}: ${reply.body.slice(0, 300)}`
  assert.equal(reply.statusCode, status, label)
  const failed = reply.json()
  assert.deepEqual(Object.keys(failed), ['code', 'message', 'details', 'detail'], label)
  assert.equal(failed.code, code, label)
  assert.ok(reply.body.length < 2000, label)
  if (loc !== undefined) {
    assert.deepEqual(failed.detail[0].loc, loc, label)
    assert.ok(Array.isArray(failed.details.problems), label)
  }
}

test('a bad body is refused by the feature service and leaves its series as they were', async () => {
  const app = features()
  await post(app, '/add', { series_id: 'prices', value: 120 })
  const before = await get(app, '/info')
  for (const bad of forAdd) await refuses(app, '/add', bad)
  assert.deepEqual(await get(app, '/info'), before)
  assert.deepEqual((await post(app, '/add', { series_id: 'prices', value: 125 })).body, {
    series_id: 'prices',
    features: { in_1: 120, in_2: 0, in_3: 0 },
    target: 125,
    available_lags: 1
  })
})

test('a bad body is refused by a model and leaves it as it was', async () => {
  const app = await model()
  const question = { features: { in_1: 121 } }
  await post(app, '/train', { features: { in_1: 120 }, target: 130 })
  await post(app, '/train', { features: { in_1: 122 }, target: 135 })
  const state = async () => [await post(app, '/predict_many', question), await get(app, '/model_metrics')]
  const before = await state()
  for (const url of ['/train', '/predict_learn']) for (const bad of forLearning) await refuses(app, url, bad)
  for (const url of ['/predict', '/predict_many', '/predict_learn/batch', '/feedback']) {
    for (const bad of anywhere) await refuses(app, url, bad)
  }
  for (const bad of wrongIn(['actual'], value => `{"prediction_id": "a", "actual": ${value}}`)) {
    await refuses(app, '/feedback', bad)
  }
  for (const { loc, ...bad } of wrongIn(['target'], batchOf)) {
    const place = loc === undefined ? {} : { loc: ['body', 'observations', 0, 'target'] }
    await refuses(app, '/predict_learn/batch', { ...bad, ...place })
  }
  assert.deepEqual(await state(), before)
})

test('every fault is listed, but never more than 20, and no long value is repeated', async () => {
  const app = await model()
  const wrong = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`f${i}`, 'x'.repeat(200)]))
  const { body } = await post(app, '/train', { features: wrong, target: true })
  const { detail } = body as { detail: { input?: unknown }[] }
  assert.equal(detail.length, 20)
  assert.ok(detail.every(({ input }) => input === undefined))
  const two = await post(app, '/train', { features: 1, target: true })
  assert.deepEqual((two.body as { detail: unknown }).detail, [
    { type: 'dict_type', loc: ['body', 'features'], msg: 'Input should be a valid dictionary', input: 1 },
    { type: 'float_type', loc: ['body', 'target'], msg: 'Input should be a valid number', input: true }
  ])
})

test('the field of a number beyond the range of a double is named', async () => {
  const { body } = await post(features(), '/add', '{"value": 1e400}')
  assert.equal((body as { message: string }).message, 'body.value: Input should be a finite number')
})
