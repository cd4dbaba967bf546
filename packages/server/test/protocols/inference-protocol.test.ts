import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { version } from '../../src/index.ts'
import { inferenceProtocolRoutes } from '../../src/protocols/v2/inference-protocol-routes.ts'
import { echo, fakeModels } from './fake-models.ts'
import { appOf, call, type Reply } from './protocol-app.ts'

const models = fakeModels([
  echo('FP32', {
    name: 'wine quality/red',
    versions: ['1.9', '1.10', 'v2.0'],
    unready: ['1.9'],
    inputs: [
      { name: 'x', datatype: 'FP32', shape: [-1, 11] },
      { name: 's', datatype: 'BYTES', shape: [-1] }
    ]
  }),
  echo('INT64', { name: 'single', maxBatchRows: 1, inputs: [{ name: 'x', datatype: 'INT64', shape: [] }] }),
  echo('FP32', { name: 'nothing', versions: [] }),
  echo('FP64', { name: 'learner', platform: 'millrace_learner', versions: ['100', 'live'] })
])
const state = { isReady: true }
const app = appOf(inferenceProtocolRoutes, { models, inferBodyLimitBytes: 4096, isReady: () => state.isReady })

const wine = '/v2/models/wine%20quality%2Fred'
const get = (url: string): Promise<Reply> => call(app, ['GET', url])
const post = (url: string, body?: object | string): Promise<Reply> => call(app, ['POST', url], body)

describe('health', () => {
  test('has bodies for clients that read them', async () => {
    assert.deepEqual((await get('/v2/health/live')).body, { live: true })
    assert.deepEqual((await get('/v2/health/ready?a=1')).body, { live: true, ready: true })
  })

  test('of a server that is not ready is 503, and it is live all the same', async () => {
    state.isReady = false
    const ready = await get('/v2/health/ready')
    assert.deepEqual([ready.status, ready.body], [503, { live: true, ready: false }])
    assert.equal((await get('/v2/health/live')).status, 200)
    state.isReady = true
  })
})

for (const url of ['/v2', '/v2/']) {
  test(`${url} tells name, version and extensions`, async () => {
    const { body } = await get(url)
    assert.deepEqual([body['name'], body['version']], ['millrace', version])
    const extensions = body['extensions'] as string[]
    assert.ok(extensions.includes('binary_tensor_data'))
    assert.ok(!extensions.includes('trace'), 'only what is there')
  })
}

test('models are listed by name', async () =>
  assert.deepEqual((await get('/v2/models')).body, { models: ['wine quality/red', 'single', 'nothing', 'learner'] }))

describe('metadata', () => {
  test('of a model whose name needs encoding', async () =>
    assert.deepEqual((await get(wine)).body, {
      name: 'wine quality/red',
      versions: ['1.10', 'v2.0'],
      platform: 'onnxruntime_onnx',
      inputs: [
        { name: 'x', datatype: 'FP32', shape: [-1, 11] },
        { name: 's', datatype: 'BYTES', shape: [-1] }
      ],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, -1] }]
    }))

  test('of a version, named by its text', async () => {
    assert.equal((await get(`${wine}/versions/1.10`)).status, 200)
    assert.equal((await get(`${wine}/versions/1.1`)).status, 404)
    assert.equal((await get(`${wine}/versions/default`)).status, 200)
  })

  test('of a version that is not ready is 503', async () =>
    assert.equal((await get(`${wine}/versions/1.9`)).status, 503))
})

describe('readiness of a model', () => {
  test('that answers', async () =>
    assert.deepEqual((await get(`${wine}/ready`)).body, { name: 'wine quality/red', ready: true }))

  test('that does not is 503', async () => {
    const reply = await get(`${wine}/versions/1.9/ready`)
    assert.deepEqual([reply.status, reply.body['error']], [503, 'Model version not ready'])
  })

  test('that is not there is 404', async () => {
    assert.equal((await get('/v2/models/nope/ready')).status, 404)
    assert.equal((await get(`${wine}/versions/3/ready`)).status, 404)
  })
})

describe('configuration', () => {
  test('has dimensions without the batch', async () => {
    const { body } = await get(`${wine}/config`)
    assert.equal(body['max_batch_size'], 64)
    assert.deepEqual(body['input'], [
      { name: 'x', data_type: 'TYPE_FP32', dims: [11] },
      { name: 's', data_type: 'TYPE_STRING', dims: [1], reshape: { shape: [] } }
    ])
    assert.deepEqual([body['platform'], body['backend']], ['onnxruntime_onnx', 'onnxruntime'])
  })

  test('of a model without batches says 0', async () => {
    const { body } = await get('/v2/models/single/versions/1/config')
    assert.equal(body['max_batch_size'], 0)
    assert.deepEqual(body['input'], [{ name: 'x', data_type: 'TYPE_INT64', dims: [1], reshape: { shape: [] } }])
    assert.equal(body['dynamic_batching'], undefined)
  })
})

const rows = async (url: string) => ((await get(url)).body['model_stats'] as object[]).length

describe('statistics', () => {
  test('of one version in whole nanoseconds', async () => {
    const { body } = await get(`${wine}/versions/1.10/stats`)
    assert.deepEqual(body, {
      model_stats: [
        {
          name: 'wine quality/red',
          version: '1.10',
          last_inference: 1_700_000_000_000,
          inference_count: 7,
          execution_count: 4,
          inference_stats: {
            success: { count: 9, ns: 9004 },
            fail: { count: 1, ns: 1000 },
            queue: { count: 4, ns: 4002 },
            compute_input: { count: 4, ns: 4002 },
            compute_infer: { count: 4, ns: 4002 },
            compute_output: { count: 4, ns: 4002 },
            cache_hit: { count: 5, ns: 5002 },
            cache_miss: { count: 4, ns: 4002 }
          },
          response_stats: {},
          batch_stats: [
            {
              batch_size: 2,
              compute_input: { count: 3, ns: 10 },
              compute_infer: { count: 3, ns: 20 },
              compute_output: { count: 3, ns: 30 }
            }
          ],
          memory_usage: [{ type: 'CPU', id: 0, byte_size: 1001 }]
        }
      ]
    })
  })

  test('of a model, of an alias and of all', async () => {
    assert.equal(await rows(`${wine}/stats`), 3)
    assert.equal(await rows(`${wine}/versions/default/stats`), 1)
    assert.equal(await rows('/v2/models/stats'), 6)
    assert.equal((await get('/v2/models/nope/stats')).status, 404)
    for (const what of ['', '/ready', '/stats', '/config']) {
      const { status, body } = await get(`${wine}/versions/7${what}`)
      const error = "Request for unknown model: 'wine quality/red' version 7 is not found"
      assert.deepEqual([status, body.error], [404, error], what)
    }
  })
})

describe('repository', () => {
  test('lists a row for each version, oldest first', async () => {
    const reply = await post('/v2/repository/index')
    assert.deepEqual((reply.body as unknown as object[]).slice(0, 5), [
      { name: 'wine quality/red', version: '1.9', state: 'UNAVAILABLE', reason: 'the file is damaged' },
      { name: 'wine quality/red', version: '1.10', state: 'READY', reason: '' },
      { name: 'wine quality/red', version: 'v2.0', state: 'READY', reason: '' },
      { name: 'single', version: '1', state: 'READY', reason: '' },
      { name: 'nothing' }
    ])
  })

  test('lists what is ready, when asked for that', async () => {
    const reply = await post('/v2/repository/index', { ready: true })
    const names = (reply.body as unknown as { name: string; version: string }[]).map(({ version: each }) => each)
    assert.deepEqual(names, ['1.10', 'v2.0', '1', '100', 'live'])
    assert.equal((await post('/v2/repository/index', { ready: 1 })).status, 400)
    assert.equal((await post('/v2/repository/index', '[]')).status, 400)
  })

  test('loads and unloads, with the bodies that clients of Triton send', async () => {
    assert.equal((await post('/v2/repository/models/single/load')).status, 200)
    assert.equal((await post('/v2/repository/models/single/load', {})).status, 200)
    const unload = await post('/v2/repository/models/single/unload', { parameters: { unload_dependents: false } })
    assert.deepEqual([unload.status, unload.body], [200, {}])
    assert.deepEqual(models.calls, ['load single', 'load single', 'unload single'])
  })

  test('says in the words of Triton what failed to load', async () => {
    models.loadFailures = [{ model: 'single', version: '1', reason: 'the file is damaged' }]
    const reply = await post('/v2/repository/models/single/load')
    models.loadFailures = []
    assert.equal(reply.status, 400)
    assert.equal(reply.body['error'], "failed to load 'single', version 1: the file is damaged")
    const unknown = await post('/v2/repository/models/nope/load')
    assert.equal(unknown.status, 404)
    assert.match(String(unknown.body['error']), /^failed to load 'nope'/)
  })

  test('of a name is not supported', async () => {
    for (const url of ['/v2/repository/r/index', '/v2/repository/r/models/single/load']) {
      const reply = await post(url)
      assert.equal(reply.status, 501)
      assert.match(String(reply.body['error']), /not supported/)
    }
  })
})

describe('aliases', () => {
  const aliases = `${wine}/aliases`

  test('are listed, moved and removed', async () => {
    assert.deepEqual((await get(aliases)).body, { name: 'wine quality/red', aliases: { default: 'v2.0' } })
    const moved = await call(app, ['PUT', `${aliases}/canary`], { version: '1.10' })
    assert.deepEqual(moved.body, { name: 'wine quality/red', alias: 'canary', version: '1.10' })
    assert.deepEqual((await get(`${aliases}/canary`)).body['version'], '1.10')
    assert.equal((await call(app, ['DELETE', `${aliases}/canary`])).status, 204)
    assert.equal((await get(`${aliases}/canary`)).status, 404)
    assert.equal((await call(app, ['DELETE', `${aliases}/canary`])).status, 404)
  })

  test('move to versions that are there only', async () => {
    assert.equal((await call(app, ['PUT', `${aliases}/canary`], { version: '9' })).status, 404)
    assert.equal((await call(app, ['PUT', `${aliases}/canary`], {})).status, 400)
    assert.equal((await call(app, ['PUT', `${aliases}/canary`])).status, 400)
    assert.equal((await call(app, ['PUT', `${aliases}/canary`], { version: 2 })).status, 400)
  })

  test('roll back in one call', async () => {
    assert.deepEqual((await post(`${wine}/rollback`)).body, { name: 'wine quality/red', version: '1.10' })
    assert.equal((await post('/v2/models/single/rollback')).status, 404)
  })
})

describe('versions', () => {
  test('are made of learners', async () => {
    const named = await post('/v2/models/learner/versions', { version: 'june' })
    assert.equal(named.status, 201)
    assert.equal(named.headers['location'], '/v2/models/learner/versions/june')
    assert.deepEqual(named.body, { name: 'learner', version: 'june', state: 'READY', reason: '' })
    assert.equal((await post('/v2/models/learner/versions')).body['version'], '120')
  })

  test('are made of nothing else', async () => {
    const reply = await post('/v2/models/single/versions')
    assert.equal(reply.status, 501)
    assert.match(String(reply.body['error']), /'single' is no learner/)
  })

  test('can be had as ONNX files', async () => {
    const reply = await get(`${wine}/versions/1.10/onnx`)
    assert.equal(reply.headers['content-type'], 'application/octet-stream')
    assert.equal(
      reply.headers['content-disposition'],
      `attachment; filename="wine_quality_red-1.10.onnx"; filename*=UTF-8''wine%20quality%2Fred-1.10.onnx`
    )
    assert.equal(reply.bytes.toString(), 'onnx of wine quality/red')
    assert.equal((await get('/v2/models/learner/onnx')).status, 200)
  })
})

test('what Triton has and Millrace has not is 501 with the reason', async () => {
  for (const url of [
    '/v2/trace/setting',
    '/v2/logging',
    '/v2/systemsharedmemory/status',
    '/v2/models/single/trace/setting'
  ]) {
    const reply = await get(url)
    assert.equal(reply.status, 501, url)
    assert.match(String(reply.body['error']), /not supported/)
  }
  assert.equal((await post('/v2/cudasharedmemory/region/r/register', {})).status, 501)
  assert.equal((await post('/v2/models/single/generate', {})).status, 501)
})

test('unknown paths are 404 and known ones with another method 405, in the form of the protocol', async () => {
  const unknown = await get('/v2/nope/at/all')
  assert.deepEqual([unknown.status, unknown.body['error']], [404, 'there is nothing at this path'])
  const wrong = await get('/v2/models/single/infer')
  assert.deepEqual([wrong.status, wrong.headers['allow']], [405, 'POST'])
  assert.equal(typeof wrong.body['error'], 'string')
  const options = await call(app, ['OPTIONS', '/v2/models/single/infer'])
  assert.deepEqual([options.status, options.headers['allow']], [204, 'POST'])
  assert.equal((await get('/elsewhere')).body['error'], undefined)
})

test('all is under /api too', async () => assert.equal((await get('/api/v2/health/live')).status, 200))

test('the API document tells of bodies and replies', async () => {
  const { body } = await get('/openapi.json')
  interface Operation {
    operationId: string
    requestBody?: object
    responses: Record<string, { content: object }>
  }
  const paths = body['paths'] as Record<string, Record<string, Operation>>
  const infer = paths['/v2/models/{model}/infer']!['post']!
  assert.match(JSON.stringify(infer.requestBody), /ProtocolInferRequest/)
  const { responses } = paths['/v2/models/{model}/onnx']!['get']!
  const typesOf = (status: string) => Object.keys(responses[status]!.content)
  assert.deepEqual([typesOf('200'), typesOf('4XX')], [['application/octet-stream'], ['application/json']])
  const ids = Object.values(paths).flatMap(path => Object.values(path).map(({ operationId }) => operationId))
  assert.equal(new Set(ids).size, ids.length)
})
