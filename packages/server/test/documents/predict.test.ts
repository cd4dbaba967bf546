import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { documentApp } from './document-app.ts'
import { assertClose, get, post } from './json.ts'

// Expected labels and probabilities are those of onnxruntime in Python for the same files.

const { app } = await documentApp({ after })

const tenOfData = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
const tenths = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]

test('rows of data are classified, and a repeat says that it was cached', async () => {
  const request =
    '{"data": [[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]], "use_cache": true, "cache_ttl": 3600}'
  for (const [url, cached] of [
    ['/predict', false],
    ['/api/predict', true]
  ] as const) {
    const { status, body, headers } = await post(app, url, request, { 'x-request-id': 'my-request' })
    assert.equal(status, 200)
    assert.deepEqual(Object.keys(body), ['predictions', 'probabilities', 'model_info', 'request_id', 'routing'])
    assert.deepEqual(body['predictions'], [0])
    assertClose((body['probabilities'] as unknown[])[0], [0.39, 0.27, 0.34])
    const { prediction_time, ...info } = body['model_info'] as Record<string, unknown>
    assert.ok(typeof prediction_time === 'number' && prediction_time >= 0 && prediction_time < 10)
    assert.deepEqual(info, {
      model_name: 'random_forest_classifier',
      model_version: '1.0.0',
      input_shape: [1, 10],
      cached
    })
    assert.equal(body['request_id'], 'my-request')
    assert.deepEqual(body['routing'], {
      model: 'random_forest_classifier',
      version: '1.0.0',
      reason: 'default',
      alias: 'default'
    })
    assert.match(String(headers['x-process-time']), /^\d+\.\d{6}$/)
  }
  const fresh = await post(app, '/predict', { data: [tenOfData], use_cache: false })
  assert.equal((fresh.body['model_info'] as { cached: boolean }).cached, false)
})

test('each row has its own class and probabilities', async () => {
  const { body } = await get(app, '/sample')
  const { test_input, expected_output } = body as unknown as { test_input: number[][]; expected_output: number[] }
  assert.equal(test_input.length, 5)
  const answer = await post(app, '/predict', { data: test_input })
  assert.deepEqual(answer.body['predictions'], expected_output)
  const probabilities = answer.body['probabilities'] as number[][]
  assertClose(probabilities[1], [0.162022203, 0.012333333, 0.825644255])
  assert.deepEqual((answer.body['model_info'] as { input_shape: number[] }).input_shape, [5, 10])
})

test('a list of ten features asks the active version, or the one that is named', async () => {
  const expected = [
    [undefined, 'v1.0', 0, 0.82, 'default'],
    ['v1.0', 'v1.0', 0, 0.82, 'version'],
    ['v2.0', 'v2.0', 0, 0.87, 'version'],
    ['v3.0', 'v3.0', 1, 0.5615750551, 'version'],
    ['default', 'v1.0', 0, 0.82, 'alias']
  ] as const
  for (const [model_version, version, prediction, confidence, reason] of expected) {
    const request = { features: tenths, model_version, use_ab_testing: true }
    const { status, body } = await post(app, '/predict', request)
    assert.equal(status, 200)
    assert.deepEqual(Object.keys(body), [
      'prediction',
      'model_version',
      'confidence',
      'processing_time',
      'request_id',
      'routing'
    ])
    assert.equal(body['prediction'], prediction)
    assert.equal(body['model_version'], version)
    assertClose([body['confidence']], [confidence])
    assert.equal((body['routing'] as { reason: string }).reason, reason)
  }
  for (const more of [{}, { model_version: null }, { use_ab_testing: false }, { anything: 'else' }]) {
    assert.equal((await post(app, '/predict', { features: tenths, ...more })).body['model_version'], 'v1.0')
  }
})

async function askedId(more: object, headers: Record<string, string> = {}): Promise<unknown> {
  return (await post(app, '/predict', { features: tenths, ...more }, headers)).body['request_id']
}

test('an id in the body names the request, else the header, else a new one', async () => {
  assert.equal(await askedId({ request_id: 'mine' }, { 'x-request-id': 'other' }), 'mine')
  assert.equal(await askedId({ request_id: null }, { 'x-request-id': 'other' }), 'other')
  const made = await Promise.all(Array.from({ length: 50 }, () => askedId({})))
  assert.equal(new Set(made).size, 50)
})

test('an object of features goes to the learner, unless it has the name of a feature of wine', async () => {
  for (const features of [{}, { in_1: 125, in_2: 120 }, { __proto__: null, constructor: 3 }]) {
    const { status, body } = await post(app, '/predict', { features })
    assert.equal(status, 200)
    assert.deepEqual(Object.keys(body), ['forecast', 'prediction_id'])
    assert.deepEqual(body['forecast'], [{ value: 0 }])
  }
  const wine = await post(app, '/predict', { features: { in_1: 125, alcohol: 9 } })
  assert.equal(wine.status, 422)
  const named = { detail: wine.body['detail'] as { type: string; loc: unknown[] }[] }
  assert.equal(named.detail.length, 10)
  assert.deepEqual(named.detail[0], {
    type: 'missing',
    loc: ['body', 'features', 'fixed_acidity'],
    msg: 'Field required'
  })
})

test('a batch of requests answers each, and one that does not fit fails alone', async () => {
  const document = '{"requests": [{"data": [[1,2,3,4,5,6,7,8,9,10]]}, {"data": [[2,3,4,5,6,7,8,9,10,11]]}]}'
  const both = await post(app, '/api/predict/batch', document)
  assert.deepEqual(
    both.body.map(each => (each as { predictions: number[] }).predictions),
    [[0], [0]]
  )
  const list = [{ data: [tenOfData] }, { data: [[1, 2]] }, { data: [tenOfData, [1]] }, { data: [] }]
  const some = await post(app, '/predict/batch', list, { 'x-request-id': 'many' })
  assert.equal(some.status, 200)
  const [good, ...bad] = some.body as Record<string, unknown>[]
  assert.deepEqual(good!['predictions'], [0])
  const reasons = [/should have 10 numbers.*got 2/, /should have 10 numbers.*got 1/, /at least 1 row/]
  for (const [index, each] of bad.entries()) {
    const { error, ...info } = each['model_info'] as { error: string }
    assert.match(error, reasons[index]!)
    assert.deepEqual(
      { ...each, model_info: info },
      {
        predictions: [],
        probabilities: [],
        model_info: {
          model_name: 'random_forest_classifier',
          prediction_time: 0,
          input_shape: [],
          cached: false,
          code: 'MILL_REQUEST_INVALID'
        },
        request_id: `many_${index + 1}`
      }
    )
  }
})

test('a request of a batch may name a version, and fails alone when there is none of that name', async () => {
  const list = [
    { data: [tenOfData], model_version: 'nope' },
    { data: [tenOfData], model_version: '1.0.0' }
  ]
  const { status, body } = await post(app, '/predict/batch', list)
  assert.equal(status, 200)
  const [bad, good] = body as { predictions: number[]; model_info: Record<string, unknown> }[]
  assert.deepEqual([bad!.predictions, bad!.model_info['code']], [[], 'MILL_VERSION_NOT_FOUND'])
  assert.deepEqual([good!.predictions, good!.model_info['model_version']], [[0], '1.0.0'])
})

test('a batch takes a hundred requests', async () => {
  const { body } = await post(
    app,
    '/predict/batch',
    Array.from({ length: 100 }, () => ({ data: [tenOfData] }))
  )
  assert.equal(body.length, 100)
})
