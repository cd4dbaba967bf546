import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { documentApp } from './document-app.ts'
import { get, post } from './json.ts'
import { scriptedApp } from './scripted-app.ts'
import { labels, type Script } from './scripted-models.ts'

const { app } = await documentApp({ after })

type Loc = (string | number)[]

interface Bad {
  url: string
  body: string
  status?: number
  code?: string
  loc?: Loc
  says?: RegExp
}

const ten = '1,2,3,4,5,6,7,8,9,10'
const eleven = '7.4, 0.7, 0.0, 1.9, 0.076, 11.0, 34.0, 0.9978, 3.51, 0.56, 9.4'

/** What is JSON and no finite number. */
const notNumbers = ['"1.0"', '"NaN"', '"Infinity"', 'true', 'false', 'null', '[]', '[1]', '{}', '1e400', '-1e400', '""']
const notJson = ['NaN', 'Infinity', '-Infinity', '+1', '01', '.5', '1.', '0x10', '1_000', 'undefined', '']

/** A number in a body that is replaced by all that is none. */
function notNumbersIn(url: string, around: (value: string) => string, loc: Loc): Bad[] {
  return [
    ...notNumbers.map(value => ({ url, body: around(value), loc })),
    ...notJson.map(value => ({ url, body: around(value), code: 'MILL_JSON_INVALID' }))
  ]
}

const nested = `{"data": ${'['.repeat(50_000)}1${']'.repeat(50_000)}}`
const shapes = /data .*wine_features .*features .*features/

const bodies: Bad[] = ['/predict', '/predict/batch'].flatMap(url => [
  { url, body: '', loc: ['body'] },
  { url, body: 'null', loc: ['body'] },
  { url, body: '"data"', loc: ['body'] },
  { url, body: '1', loc: ['body'] },
  { url, body: 'true', loc: ['body'] },
  { url, body: '{', code: 'MILL_JSON_INVALID' },
  { url, body: '{"data": [[1,]]}', code: 'MILL_JSON_INVALID' },
  { url, body: nested, code: 'MILL_JSON_TOO_DEEP' },
  { url, body: `{"data": [[${'1,'.repeat(2 ** 20)}1]]}`, status: 413, code: 'MILL_BODY_TOO_LARGE' },
  { url, body: `[${' '.repeat(20 * 2 ** 20)}]`, status: 413, code: 'MILL_BODY_TOO_LARGE' }
])

const noShape: Bad[] = ['{}', '{"rows": [[1]]}', '{"__proto__": {"data": [[1]]}}', '{"constructor": 1}'].map(body => ({
  url: '/predict',
  body,
  loc: ['body'],
  says: shapes
}))

const twoShapes: Bad[] = [
  `{"data": [[${ten}]], "features": [${ten}]}`,
  `{"data": [[${ten}]], "wine_features": {}}`,
  `{"features": [${ten}], "wine_features": {}}`,
  `{"data": [], "features": {}, "wine_features": {}}`
].map(body => ({ url: '/predict', body, loc: ['body'], says: /only one of them/ }))

const data: Bad[] = [
  ...notNumbersIn('/predict', value => `{"data": [[1,2,3,${value},5,6,7,8,9,10]]}`, ['body', 'data', 0, 3]),
  ...['1', '"x"', 'true', '{}', 'null'].map(value => ({
    url: '/predict',
    body: `{"data": ${value}}`,
    loc: ['body', 'data']
  })),
  ...['1', '"x"', 'true', '{}', 'null'].map(value => ({
    url: '/predict',
    body: `{"data": [[${ten}], ${value}]}`,
    loc: ['body', 'data', 1]
  })),
  { url: '/predict', body: `{"data": [${ten}]}`, loc: ['body', 'data', 0] },
  { url: '/predict', body: '{"data": []}', loc: ['body', 'data'], says: /at least 1 row/ },
  { url: '/predict', body: '{"data": [[]]}', loc: ['body', 'data', 0], says: /10 numbers.* got 0/ },
  { url: '/predict', body: '{"data": [[1,2,3]]}', loc: ['body', 'data', 0], says: /10 numbers.* got 3/ },
  { url: '/predict', body: `{"data": [[${ten},11]]}`, loc: ['body', 'data', 0], says: /10 numbers.* got 11/ },
  { url: '/predict', body: `{"data": [[${ten}],[1]]}`, loc: ['body', 'data', 1], says: /10 numbers.* got 1/ },
  // Finite, but not in the single precision that the model computes with.
  { url: '/predict', body: '{"data": [[1,2,3,4,5,6,7,8,9,1e39]]}', loc: ['body', 'data', 0, 9], says: /FP32/ },
  ...['"true"', '1', '0', 'null', '[]'].map(value => ({
    url: '/predict',
    body: `{"data": [[${ten}]], "use_cache": ${value}}`,
    loc: ['body', 'use_cache']
  })),
  ...['0', '-1', '86401', '1.5', '"60"', 'true', 'null', '1e400'].map(value => ({
    url: '/predict',
    body: `{"data": [[${ten}]], "cache_ttl": ${value}}`,
    loc: ['body', 'cache_ttl']
  })),
  ...['1', 'true', '[]', '{}', '""', `"${'x'.repeat(257)}"`].map(value => ({
    url: '/predict',
    body: `{"data": [[${ten}]], "request_id": ${value}}`,
    loc: ['body', 'request_id']
  }))
]

const list: Bad[] = [
  ...notNumbersIn('/predict', value => `{"features": [1,2,3,${value},5,6,7,8,9,10]}`, ['body', 'features', 3]),
  ...notNumbersIn('/predict', value => `{"features": [${eleven.replace('1.9', () => value)}]}`, [
    'body',
    'features',
    3
  ]),
  ...['1', '"x"', 'true', 'null'].map(value => ({
    url: '/predict',
    body: `{"features": ${value}}`,
    loc: ['body', 'features'],
    says: shapes
  })),
  ...[0, 1, 9, 12, 500].map(count => ({
    url: '/predict',
    body: JSON.stringify({ features: Array.from({ length: count }, () => 1) }),
    loc: ['body', 'features'],
    says: new RegExp(`10 numbers.* got ${count}; a list of 11 numbers is a wine`)
  })),
  // With a version it is no wine, however long it is.
  ...['"model_version": "v1.0"', '"use_ab_testing": true', '"use_ab_testing": false'].map(more => ({
    url: '/predict',
    body: `{"features": [${eleven}], ${more}}`,
    loc: ['body', 'features'],
    says: /10 numbers.* got 11$/
  })),
  ...['1', 'true', '[]', '""', '2.0'].map(value => ({
    url: '/predict',
    body: `{"features": [${ten}], "model_version": ${value}}`,
    loc: ['body', 'model_version']
  })),
  ...['1', '"true"', 'null', '[]'].map(value => ({
    url: '/predict',
    body: `{"features": [${ten}], "use_ab_testing": ${value}}`,
    loc: ['body', 'use_ab_testing']
  })),
  ...['v9.9', 'v1', '1.0', '../v1.0', '__proto__', 'v1.0 '].map(version => ({
    url: '/predict',
    body: `{"features": [${ten}], "model_version": ${JSON.stringify(version)}}`,
    status: 404,
    code: 'MILL_VERSION_NOT_FOUND',
    says: new RegExp(version)
  }))
]

const wine: Bad[] = [
  ...['1', '"x"', '[1]', 'true', 'null'].map(value => ({
    url: '/predict',
    body: `{"wine_features": ${value}}`,
    loc: ['body', 'wine_features']
  })),
  { url: '/predict', body: '{"wine_features": {}}', loc: ['body', 'wine_features', 'fixed_acidity'] },
  {
    url: '/predict',
    body: '{"wine_features": {"__proto__": {"ph": 3}}}',
    loc: ['body', 'wine_features', 'fixed_acidity']
  },
  ...notNumbersIn('/predict', value => `{"features": {"fixed_acidity": ${value}, "alcohol": 9.4}}`, [
    'body',
    'features',
    'fixed_acidity'
  ])
]

const learner: Bad[] = [
  ...notNumbersIn('/predict', value => `{"features": {"in_1": ${value}}}`, ['body', 'features', 'in_1']),
  ...notNumbersIn('/predict', value => `{"features": {"__proto__": ${value}}}`, ['body', 'features', '__proto__']),
  { url: '/predict', body: '{"features": {"in_1": 1e101}}', loc: ['body', 'features', 'in_1'] }
]

const batchUrl = '/predict/batch'
const many = (item: string, count: number) => `[${Array.from({ length: count }, () => item).join(',')}]`

const batch: Bad[] = [
  ...notNumbersIn(batchUrl, value => `{"requests": [{"data": [[${ten}]]}, {"data": [[1, ${value}]]}]}`, [
    'body',
    'requests',
    1,
    'data',
    0,
    1
  ]),
  ...notNumbersIn(batchUrl, value => `[{"data": [[1, ${value}]]}]`, ['body', 0, 'data', 0, 1]),
  ...notNumbersIn(batchUrl, value => `{"features_list": [[${eleven.replace('7.4', () => value)}]]}`, [
    'body',
    'features_list',
    0,
    0
  ]),
  ...['{}', '{"data": [[1]]}', '{"features": [1]}', '{"requests": null}'].map(body => ({
    url: batchUrl,
    body,
    loc: ['body'],
    says: /requests .*bare list .*features_list/
  })),
  {
    url: batchUrl,
    body: `{"requests": [{"data": [[${ten}]]}], "features_list": [[${eleven}]]}`,
    loc: ['body'],
    says: /both/
  },
  ...['1', '"x"', '{}', 'true'].flatMap(value =>
    ['requests', 'features_list'].map(key => ({ url: batchUrl, body: `{"${key}": ${value}}`, loc: ['body', key] }))
  ),
  { url: batchUrl, body: '[]', loc: ['body'], says: /at least 1 item/ },
  ...['requests', 'features_list'].map(key => ({
    url: batchUrl,
    body: `{"${key}": []}`,
    loc: ['body', key],
    says: /at least 1 item/
  })),
  { url: batchUrl, body: many(`{"data": [[${ten}]]}`, 101), loc: ['body'], says: /at most 100 items, got 101/ },
  {
    url: batchUrl,
    body: `{"requests": ${many(`{"data": [[${ten}]]}`, 101)}}`,
    loc: ['body', 'requests'],
    says: /at most 100/
  },
  {
    url: batchUrl,
    body: `{"features_list": ${many(`[${eleven}]`, 101)}}`,
    loc: ['body', 'features_list'],
    says: /at most 100/
  },
  ...['1', 'null', '[]', '"x"'].map(value => ({
    url: batchUrl,
    body: `{"requests": [${value}]}`,
    loc: ['body', 'requests', 0]
  })),
  { url: batchUrl, body: '{"requests": [{}]}', loc: ['body', 'requests', 0, 'data'] },
  { url: batchUrl, body: `{"requests": [{"features": [${ten}]}]}`, loc: ['body', 'requests', 0, 'data'] },
  {
    url: batchUrl,
    body: `{"requests": [{"data": [[${ten}]], "cache_ttl": 0}]}`,
    loc: ['body', 'requests', 0, 'cache_ttl']
  },
  {
    url: batchUrl,
    body: `{"features_list": [[${ten}]]}`,
    loc: ['body', 'features_list', 0],
    says: /11 numbers.* got 10/
  }
]

test('bad input of every kind is refused with the place and the reason, and changes nothing', async () => {
  const before = await get(app, '/models')
  for (const prefix of ['', '/api']) {
    for (const bad of [...bodies, ...noShape, ...twoShapes, ...data, ...list, ...wine, ...learner, ...batch]) {
      await refused(prefix, bad)
    }
  }
  assert.deepEqual((await get(app, '/models')).body, before.body)
})

async function refused(prefix: string, { url, body, status = 422, code = 'MILL_REQUEST_INVALID', loc, says }: Bad) {
  const reply = await post(app, prefix + url, body)
  const label = `${url} ${body.slice(0, 200)} -> ${JSON.stringify(reply.body).slice(0, 300)}`
  assert.equal(reply.status, status, label)
  assert.deepEqual(Object.keys(reply.body), ['code', 'message', 'details', 'detail'], label)
  assert.equal(reply.body['code'], code, label)
  if (loc !== undefined) assert.deepEqual((reply.body['detail'] as { loc: Loc }[])[0]!.loc, loc, label)
  if (says !== undefined) assert.match(String(reply.body['message']), says, label)
  assert.ok(JSON.stringify(reply.body).length < 6000, label)
}

test('a body that is not JSON by its header is refused', async () => {
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
    const { status, body } = await post(app, '/predict', '{"features": {}}', { 'content-type': type })
    assert.equal(status, 415)
    assert.equal(body['code'], 'MILL_MEDIA_TYPE_UNSUPPORTED')
  }
})

test('a million faults are no more work than twenty', async () => {
  const row = `[${'"x",'.repeat(250_000)}"x"]`
  for (const [url, body] of [
    ['/predict', `{"data": [${row}]}`],
    ['/predict', `{"data": [${'[""],'.repeat(200_000)}[""]]}`],
    ['/predict', `{"features": ${row}}`],
    ['/predict/batch', `{"features_list": [${row}]}`]
  ] as const) {
    const reply = await post(app, url, body)
    assert.equal(reply.status, 422)
    assert.ok((reply.body['detail'] as unknown[]).length <= 20)
  }
})

const answer: Script['answer'] = rows => [
  labels(
    'label',
    rows.map(() => 1)
  )
]

test('numbers that a model cannot hold are refused, not rounded', async () => {
  for (const [datatype, good, bad] of [
    ['FP32', [3.4e38, -3.4e38, 1e-300], [3.5e38, -3.5e38, 1e39, 1e308]],
    ['FP64', [1e308], []],
    ['INT32', [2 ** 31 - 1, -(2 ** 31), 0], [2 ** 31, 0.5, 1e10]],
    ['INT64', [2 ** 53 - 1, -5], [2 ** 53, 0.5, 1e300]]
  ] as const) {
    const { app: scripted, models } = scriptedApp({
      data_model: { inputs: [{ name: 'x', datatype, shape: [-1, 1] }], answer }
    })
    for (const value of good)
      assert.equal((await post(scripted, '/predict', { data: [[value]] })).status, 200, `${value}`)
    const kept = models.asked.map(({ inputs }) => Number(inputs[0]!.data[0]))
    assert.deepEqual(kept, datatype === 'FP32' ? good.map(Math.fround) : good)
    for (const value of bad) {
      const { status, body } = await post(scripted, '/predict', { data: [[value]] })
      assert.equal(status, 422, `${datatype} ${value}`)
      assert.deepEqual((body['detail'] as { loc: Loc }[])[0]!.loc, ['body', 'data', 0, 0])
    }
  }
})
