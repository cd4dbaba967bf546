import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { InferRequest } from '@millrace/engine'
import type { NamedTensor } from '@millrace/runtime'
import { kserveV1Routes } from '../../src/protocols/v1/kserve-v1-routes.ts'
import { echo, fakeModels } from './fake-models.ts'
import { appOf, call, type Reply } from './protocol-app.ts'

/** Sums of the rows of the first input. */
function rowSums({ inputs: [input] }: InferRequest): NamedTensor[] {
  const [rows = 0] = input!.shape
  const numbers = Array.from(input!.data as Float32Array)
  const width = numbers.length / rows
  const sums = Array.from({ length: rows }, (_, row) =>
    numbers.slice(row * width, (row + 1) * width).reduce((sum, one) => sum + one, 0)
  )
  return [{ name: 'sum', datatype: 'FP32', shape: [rows], data: new Float32Array(sums) }]
}

const text: NamedTensor = { name: 'name', datatype: 'BYTES', shape: [2], data: ['é', ''] }
const bytes: NamedTensor = { ...text, name: 'name_bytes' }
const scores: NamedTensor = {
  name: 'scores',
  datatype: 'FP32',
  shape: [2, 2],
  data: new Float32Array([0.5, NaN, 1, 2])
}

const models = fakeModels([
  echo('FP32', {
    name: 'sum',
    versions: ['1', '2'],
    unready: ['1'],
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
    features: ['a', 'b'],
    answer: rowSums
  }),
  echo('FP32', { name: 'plain', answer: rowSums }),
  echo('FP32', {
    name: 'columns',
    inputs: [
      { name: 'age', datatype: 'FP32', shape: [-1, 1] },
      { name: 'town', datatype: 'BYTES', shape: [-1] }
    ],
    answer: ({ inputs }) => inputs
  }),
  echo('BYTES', { name: 'words', inputs: [{ name: 'x', datatype: 'BYTES', shape: [-1] }] }),
  echo('INT64', { name: 'long', inputs: [{ name: 'x', datatype: 'INT64', shape: [-1] }] }),
  echo('FP32', { name: 'several', answer: () => [text, bytes, scores] }),
  echo('FP32', { name: 'whole', answer: () => [{ ...scores, shape: [4] }] }),
  echo('FP64', {
    name: 'learner',
    platform: 'millrace_learner',
    inputs: [{ name: 'features', datatype: 'FP64', shape: [-1, -1] }],
    answer: rowSums
  })
])
const app = appOf(kserveV1Routes, { models, inferBodyLimitBytes: 1 << 20 })

const predict = (name: string, body: object | string): Promise<Reply> =>
  call(app, ['POST', `/v1/models/${name}:predict`], body)
const predictions = async (name: string, instances: unknown): Promise<unknown> => {
  const reply = await predict(name, { instances })
  assert.equal(reply.status, 200, reply.bytes.toString())
  return reply.body['predictions']
}
const lastInputs = () =>
  models.asked.at(-1)!.inputs.map(({ name, shape, data }) => ({ name, shape, data: Array.from<unknown>(data) }))

describe('row form', () => {
  test('of bare values of the only input', async () => {
    assert.deepEqual(
      await predictions('sum', [
        [1, 2],
        [3, 4]
      ]),
      [3, 7]
    )
  })

  test('of objects with the input', async () => {
    assert.deepEqual(await predictions('sum', [{ x: [1, 2] }, { x: [3, 4] }]), [3, 7])
  })

  test('of objects with the features, in the order declared', async () => {
    await predictions('sum', [
      { b: 2, a: 1 },
      { a: 3, b: 4 }
    ])
    assert.deepEqual(lastInputs(), [{ name: 'x', shape: [2, 2], data: [1, 2, 3, 4] }])
  })

  test('of objects with all inputs, where a list of numbers fits a column', async () => {
    assert.deepEqual(
      await predictions('columns', [
        { town: 'Ulm', age: 5 },
        { age: 6, town: 'Bonn' }
      ]),
      [
        { age: [5], town: 'Ulm' },
        { age: [6], town: 'Bonn' }
      ]
    )
    assert.deepEqual(lastInputs()[0], { name: 'age', shape: [2, 1], data: [5, 6] })
  })

  test('of objects with any features for a learner', async () => {
    await predictions('learner', [
      { in_1: 1, in_2: 2 },
      { in_2: 4, in_1: 3 }
    ])
    assert.deepEqual(models.asked.at(-1)!.featureNames, ['in_1', 'in_2'])
    assert.deepEqual(lastInputs(), [{ name: 'features', shape: [2, 2], data: [1, 2, 3, 4] }])
  })

  test('of rows for a learner', async () => {
    await predictions('learner', [
      [1, 2],
      [3, 4]
    ])
    assert.equal(models.asked.at(-1)!.featureNames, undefined)
    await predictions('learner', [{ features: [1, 2] }])
    assert.deepEqual(lastInputs(), [{ name: 'features', shape: [1, 2], data: [1, 2] }])
  })

  test('of texts, plain or in base64', async () => {
    assert.deepEqual(await predictions('words', ['a', { b64: 'w6k=' }]), ['a', 'é'])
    assert.deepEqual(await predictions('words', [{ x: { b64: 'w6k=' } }]), ['é'])
  })

  test('answers several outputs with an object for each row, bytes in base64, and NaN as a word', async () => {
    const reply = await predict('several', { instances: [[1], [2]] })
    assert.equal(
      reply.bytes.toString(),
      '{"predictions":[{"name":"é","name_bytes":{"b64":"w6k="},"scores":[0.5,NaN]},{"name":"","name_bytes":{"b64":""},"scores":[1,2]}]}'
    )
  })
})

describe('column form', () => {
  test('of the only input', async () => {
    const reply = await predict('sum', {
      inputs: [
        [1, 2],
        [3, 4]
      ],
      signature_name: 'serving_default'
    })
    assert.deepEqual(reply.body, { outputs: [3, 7] })
  })

  test('of named inputs', async () => {
    const reply = await predict('columns', { inputs: { age: [[5], [6]], town: ['Ulm', 'Bonn'] } })
    assert.deepEqual(reply.body, { outputs: { age: [[5], [6]], town: ['Ulm', 'Bonn'] } })
  })

  test('of features', async () => {
    await predict('sum', { inputs: { b: [2, 4], a: [1, 3] } })
    assert.deepEqual(lastInputs(), [{ name: 'x', shape: [2, 2], data: [1, 2, 3, 4] }])
    await predict('learner', { inputs: { in_1: [1, 3], in_2: [2, 4] } })
    assert.deepEqual(lastInputs(), [{ name: 'features', shape: [2, 2], data: [1, 2, 3, 4] }])
  })

  test('takes outputs that are not one for each row', async () => {
    assert.equal((await predict('whole', { inputs: [[1], [2]] })).bytes.toString(), '{"outputs":[0.5,NaN,1,2]}')
    const rows = await predict('whole', { instances: [[1], [2]] })
    assert.equal(rows.status, 400)
    assert.match(String(rows.body['error']), /output 'scores' of shape \[4\] is not one for each of 2 rows/)
  })
})

test('integers of 64 bits keep their digits, and NaN may be sent', async () => {
  const long = await predict('long', '{"instances":[9007199254740993]}')
  assert.equal(long.bytes.toString(), '{"predictions":[9007199254740993]}')
  const nan = await predict('sum', '{"instances":[[NaN,1]]}')
  assert.equal(nan.bytes.toString(), '{"predictions":[NaN]}')
})

describe('a request that does not fit is refused with 400 and the reason', () => {
  const cases: [name: string, body: string, error: RegExp][] = [
    ['sum', '', /JSON/],
    ['sum', '[]', /must be a JSON object/],
    ['sum', '{}', /'instances' or 'inputs'/],
    ['sum', '{"instances":[[1,2]],"inputs":[[1,2]]}', /both/],
    ['sum', '{"instances":[]}', /not empty/],
    ['sum', '{"instances":5}', /must be a list/],
    ['sum', '{"instances":[[1,2]],"signature_name":"other"}', /signature "other"/],
    ['sum', '{"instances":[[1,2],[3]]}', /elements|another way/],
    ['sum', '{"instances":[["a","b"]]}', /"a" at element 0/],
    ['sum', '{"instances":[{"a":1}]}', /'b' missing/],
    ['sum', '{"instances":[{"a":1,"b":2,"c":3}]}', /unknown 'c'/],
    ['sum', '{"instances":[{"a":1,"b":2},{"a":1,"c":2}]}', /row 1 has no 'b'/],
    ['sum', '{"instances":[{"a":1,"b":2},{"a":1,"b":2,"c":2}]}', /row 1 has 'c'/],
    ['sum', '{"instances":[{"a":1,"b":2},[1,2]]}', /row 1 is not an object/],
    ['sum', '{"instances":[{"a":[1,2],"b":[3]}]}', /must be one value/],
    ['plain', '{"instances":[{"a":1}]}', /expected the input 'x', got 'a'/],
    ['columns', '{"instances":[[1,"a"]]}', /2 inputs, so each instance must be an object/],
    ['columns', '{"instances":[{"age":1}]}', /'town' missing/],
    ['columns', '{"inputs":[[1]]}', /'inputs' must be an object/],
    ['columns', '{"inputs":{"age":[1]}}', /input 'town' is missing/],
    ['columns', '{"inputs":{"age":[1],"town":["a"],"zip":[1]}}', /unexpected inference input 'zip'/],
    ['sum', '{"inputs":{"a":[1,2],"b":[1]}}', /'b' has 1 elements, and 'a' has 2/],
    ['sum', '{"inputs":{"a":1,"b":1}}', /a list for each feature/],
    ['words', '{"instances":[{"b64":"%"}]}', /b64/],
    ['words', '{"instances":[{"b64":"/w=="}]}', /UTF-8/],
    ['sum', `{"instances":${'['.repeat(100)}1${']'.repeat(100)}}`, /more than 32 dimensions/]
  ]
  for (const [name, body, error] of cases) {
    test(`${name} ${body.slice(0, 60)}`, async () => {
      const reply = await predict(name, body)
      assert.equal(reply.status, 400)
      assert.match(String(reply.body['error']), error)
    })
  }
})

describe('the status of a model', () => {
  test('is that of KServe and of TensorFlow Serving at once', async () => {
    const reply = await call(app, ['GET', '/v1/models/sum'])
    assert.equal(reply.status, 200)
    assert.deepEqual(reply.body, {
      name: 'sum',
      ready: true,
      model_version_status: [
        { version: '2', state: 'AVAILABLE', status: { error_code: 'OK', error_message: '' } },
        { version: '1', state: 'END', status: { error_code: 'UNAVAILABLE', error_message: 'the file is damaged' } }
      ]
    })
  })

  test('of a version or label is that of one version', async () => {
    const version = await call(app, ['GET', '/v1/models/sum/versions/2'])
    assert.equal((version.body['model_version_status'] as object[]).length, 1)
    assert.equal((await call(app, ['GET', '/v1/models/sum/labels/default'])).body['ready'], true)
  })

  test('is 503 where it does not answer, and 404 where it is not there', async () => {
    const reply = await call(app, ['GET', '/v1/models/sum/versions/1'])
    assert.deepEqual([reply.status, reply.body['ready']], [503, false])
    for (const url of ['/v1/models/nope', '/v1/models/sum/versions/3', '/v1/models/sum/labels/2']) {
      const missing = await call(app, ['GET', url])
      assert.equal(missing.status, 404, url)
      assert.equal(typeof missing.body['error'], 'string')
    }
  })
})

test('a version is asked by its text, a label by its name', async () => {
  assert.equal((await call(app, ['POST', '/v1/models/sum/versions/2:predict'], { instances: [[1, 2]] })).status, 200)
  assert.equal(
    (await call(app, ['POST', '/v1/models/sum/labels/default:predict'], { instances: [[1, 2]] })).status,
    200
  )
  assert.equal((await call(app, ['POST', '/v1/models/sum/labels/2:predict'], { instances: [[1, 2]] })).status, 404)
  assert.equal((await call(app, ['POST', '/v1/models/sum/versions/1.0:predict'], { instances: [[1, 2]] })).status, 404)
  assert.equal((await call(app, ['POST', '/v1/models/sum/versions/1:predict'], { instances: [[1, 2]] })).status, 503)
})

test('models are listed', async () => {
  const { body } = await call(app, ['GET', '/v1/models'])
  assert.equal((body['models'] as string[]).length, 8)
})

test('other verbs are 501, unknown paths 404, and other methods 405', async () => {
  for (const verb of ['explain', 'classify', 'regress']) {
    const reply = await call(app, ['POST', `/v1/models/sum:${verb}`], { examples: [] })
    assert.deepEqual([reply.status, reply.body['error']], [501, `${verb} is not supported; ask with predict`])
  }
  assert.equal((await call(app, ['POST', '/v1/models/sum:dance'], {})).status, 404)
  assert.equal((await call(app, ['GET', '/v1/nope'])).status, 404)
  const wrong = await call(app, ['GET', '/v1/models/sum:predict'])
  assert.deepEqual([wrong.status, wrong.headers['allow']], [405, 'POST'])
  const post = await call(app, ['POST', '/v1/models/sum'], {})
  assert.deepEqual([post.status, post.headers['allow']], [405, 'GET, HEAD'])
})

test('the API document has the verbs in its paths', async () => {
  const { body } = await call(app, ['GET', '/openapi.json'])
  assert.ok('/v1/models/{model}:predict' in (body['paths'] as object), Object.keys(body['paths'] as object).join())
})
