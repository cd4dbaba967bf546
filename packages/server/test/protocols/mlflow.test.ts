import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { version } from '../../src/index.ts'
import { mlflowRoutes } from '../../src/protocols/mlflow/mlflow-routes.ts'
import { echo, fakeModels } from './fake-models.ts'
import { appOf, call, type Reply } from './protocol-app.ts'

const models = fakeModels([
  echo('FP32', { name: 'matrix', inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }], features: ['a', 'b'] }),
  echo('FP32', { name: 'plain', versions: ['1', '2'] }),
  echo('FP32', {
    name: 'columns',
    inputs: [
      { name: 'age', datatype: 'FP32', shape: [-1, 1] },
      { name: 'id', datatype: 'INT64', shape: [-1] },
      { name: 'ok', datatype: 'BOOL', shape: [-1] },
      { name: 'town', datatype: 'BYTES', shape: [-1, 1] }
    ],
    answer: ({ inputs }) => inputs
  }),
  echo('FP64', {
    name: 'learner',
    platform: 'millrace_learner',
    inputs: [{ name: 'features', datatype: 'FP64', shape: [-1, -1] }]
  }),
  echo('FP32', { name: 'away', unready: ['1'] })
])
const state: { model: string | undefined } = { model: 'matrix' }
const app = appOf(mlflowRoutes, { models, defaultModel: () => state.model, inferBodyLimitBytes: 1 << 20 })

function invoke(body: string | object, { model = 'matrix', type = 'application/json' } = {}): Promise<Reply> {
  return call(app, ['POST', '/invocations'], body, { 'content-type': type, 'x-amzn-sagemaker-target-model': model })
}
const csv = (text: string, model = 'matrix'): Promise<Reply> => invoke(text, { model, type: 'text/csv' })
const lastInputs = () =>
  models.asked.at(-1)!.inputs.map(({ name, shape, data }) => ({ name, shape, data: Array.from<unknown>(data) }))
const ab = [{ name: 'x', shape: [2, 2], data: [1, 2, 3, 4] }]

describe('columns are mapped by the names of the features, in the order declared', () => {
  const bodies: [name: string, ask: () => Promise<Reply>][] = [
    [
      'dataframe_split',
      () =>
        invoke({
          dataframe_split: {
            columns: ['b', 'a'],
            index: [0, 1],
            data: [
              [2, 1],
              [4, 3]
            ]
          }
        })
    ],
    [
      'dataframe_records',
      () =>
        invoke({
          dataframe_records: [
            { b: 2, a: 1 },
            { a: 3, b: 4 }
          ],
          params: { x: 1 }
        })
    ],
    ['text/csv', () => csv('b,a\n2,1\n4,3\n')],
    ['a column that the model does not know', () => csv('b,c,a\n2,9,1\n4,9,3')]
  ]
  for (const [name, ask] of bodies) {
    test(name, async () => {
      const reply = await ask()
      assert.deepEqual(reply.body, {
        predictions: [
          [1, 2],
          [3, 4]
        ]
      })
      assert.deepEqual(lastInputs(), ab)
    })
  }
})

test('columns of a model that names no features count by position', async () => {
  await csv('p,q\n1,2\n3,4', 'plain')
  assert.deepEqual(lastInputs(), ab)
  await invoke(
    {
      dataframe_split: {
        data: [
          [1, 2],
          [3, 4]
        ]
      }
    },
    { model: 'plain' }
  )
  assert.deepEqual(lastInputs(), ab)
})

test('columns of a model with an input for each become those, of their types', async () => {
  const reply = await csv('town,ok,id,age\n"Ulm, ""Do""",true,9007199254740993,\r\nBonn,0,-5,2.5\r\n', 'columns')
  assert.equal(
    reply.bytes.toString(),
    '{"predictions":[{"age":[NaN],"id":9007199254740993,"ok":true,"town":["Ulm, \\"Do\\""]},{"age":[2.5],"id":-5,"ok":false,"town":["Bonn"]}]}'
  )
})

test('all columns are features of a learner', async () => {
  await csv('in_1,in_2\n1,2\n3,4', 'learner')
  assert.deepEqual(models.asked.at(-1)!.featureNames, ['in_1', 'in_2'])
})

test('what pandas has no value for is NaN among numbers', async () => {
  await invoke({ dataframe_records: [{ a: 1, b: null }, { a: 2 }] })
  assert.deepEqual(lastInputs()[0]!.data, [1, NaN, 2, NaN])
  await csv('a,b\n,inf\nNA,-inf')
  assert.deepEqual(lastInputs()[0]!.data, [NaN, Infinity, NaN, -Infinity])
})

test('the forms of TensorFlow Serving are taken too', async () => {
  const rows = [
    [1, 2],
    [3, 4]
  ]
  assert.deepEqual((await invoke({ instances: rows })).body, { predictions: rows })
  assert.deepEqual((await invoke({ inputs: { x: rows } })).body, { predictions: rows })
  const several = await invoke({ inputs: { age: [[1]], id: [2], ok: [true], town: [['Ulm']] } }, { model: 'columns' })
  assert.deepEqual(several.body, { predictions: { age: [[1]], id: [2], ok: [true], town: [['Ulm']] } })
})

describe('a body that does not fit is refused with 400', () => {
  const cases: [body: string | object, message: RegExp][] = [
    ['', /JSON/],
    ['[[1,2]]', /must be a JSON object/],
    ['5', /must be a JSON object/],
    [{}, /exactly one of .* got none/],
    [{ instances: [[1, 2]], inputs: [[1, 2]] }, /exactly one of .* instances and inputs/],
    [{ dataframe_split: [] }, /must be an object/],
    [{ dataframe_split: { columns: ['a'] } }, /'data'/],
    [{ dataframe_split: { columns: ['a', 'b'], data: [[1]] } }, /row 0 must be a list of 2 values/],
    [{ dataframe_split: { columns: [{}], data: [[1]] } }, /name of a column/],
    [{ dataframe_records: {} }, /list of objects/],
    [{ dataframe_records: [1] }, /row 0/],
    [{ dataframe_records: [{ a: 1 }] }, /'b' missing/],
    [{ dataframe_records: [{ a: 1, b: 'x' }] }, /"x"/]
  ]
  for (const [body, message] of cases) {
    test(JSON.stringify(body), async () => {
      const reply = await invoke(body)
      assert.equal(reply.status, 400)
      assert.equal(reply.body['error_code'], 'BAD_REQUEST')
      assert.match(String(reply.body['message']), message)
      assert.equal(reply.body['stack_trace'], undefined)
    })
  }

  for (const [text, message] of [
    ['', /no header/],
    ['a,b\n1', /row 0 must be a list of 2 values/],
    ['a,b\n"1,2', /quote that is not closed/],
    ['a,b\n"1"x,2', /after a closing quote/],
    ['a,b\n0x10,2', /"0x10" at element 0/],
    ['a\n1', /'b' missing/]
  ] as const) {
    test(`CSV ${JSON.stringify(text)}`, async () => {
      const reply = await csv(text)
      assert.equal(reply.status, 400)
      assert.match(String(reply.body['message']), message)
    })
  }
})

describe('content types', () => {
  const types: [type: string, status: number][] = [
    ['application/json', 200],
    ['application/json; charset=utf-8', 200],
    ['application/json;charset=UTF-8', 200],
    ['application/json; charset=latin-1', 415],
    ['application/json; header=present', 415],
    ['text/plain', 415],
    ['application/octet-stream', 415],
    [';;', 415]
  ]
  for (const [type, status] of types) {
    test(`${type} is ${status}`, async () => {
      const reply = await invoke({ instances: [[1, 2]] }, { type })
      assert.equal(reply.status, status)
      if (status === 415) assert.match(String(reply.headers['content-type']), /^text\/plain/)
    })
  }

  test('none is JSON', async () =>
    assert.equal((await call(app, ['POST', '/invocations'], { instances: [[1, 2]] })).status, 200))
})

test('the model is the one that the header or the query names, else the default', async () => {
  const body = { instances: [[1, 2]] }
  await call(app, ['POST', '/invocations?model=plain&version=1'], body)
  assert.deepEqual([models.asked.at(-1)!.model, models.asked.at(-1)!.version], ['plain', '1'])
  await call(app, ['POST', '/invocations'], body)
  assert.equal(models.asked.at(-1)!.model, 'matrix')
  const unknown = await call(app, ['POST', '/invocations?model=nope'], body)
  assert.deepEqual([unknown.status, unknown.body['error_code']], [404, 'RESOURCE_DOES_NOT_EXIST'])
  const away = await call(app, ['POST', '/invocations?model=away'], body)
  assert.deepEqual([away.status, away.body['error_code']], [503, 'TEMPORARILY_UNAVAILABLE'])
  state.model = undefined
  assert.equal((await call(app, ['POST', '/invocations'], body)).status, 404)
  state.model = 'matrix'
})

test('/ping is an empty line, 404 while the model is away', async () => {
  const good = await call(app, ['GET', '/ping'])
  assert.deepEqual([good.status, good.bytes.toString()], [200, '\n'])
  state.model = 'away'
  assert.equal((await call(app, ['GET', '/ping'])).status, 404)
  state.model = undefined
  assert.equal((await call(app, ['GET', '/ping'])).status, 200, 'others answer')
  state.model = 'matrix'
})

test('/version is a version', async () =>
  assert.equal((await call(app, ['GET', '/version'])).bytes.toString(), version))
