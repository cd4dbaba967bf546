import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { type Client, status } from '@grpc/grpc-js'
import { MillraceError } from '@millrace/common'
import type { InferReply, VersionStatistics } from '@millrace/engine'
import { pino } from 'pino'
import { startGrpc } from '../src/grpc/start-grpc.ts'
import { clientOf, echoModels, methodOf, openGrpc, question } from './grpc-server.ts'

const twoFloats = { name: 'x', datatype: 'FP32', shape: [1, 2] }
const twoFloatBytes = Buffer.from('0000803f000000c0', 'hex')
const raw = question([{ ...twoFloats, shape: ['1', '2'] }], { raw_input_contents: [twoFloatBytes], id: 'a' })

test('answers raw elements with raw elements, the version and the id of the request', async t => {
  const { call } = await openGrpc(t)
  assert.deepEqual(await call('ModelInfer', raw), {
    model_name: 'echo',
    model_version: '1.10',
    id: 'a',
    outputs: [{ name: 'x', datatype: 'FP32', shape: ['1', '2'] }],
    raw_output_contents: [twoFloatBytes]
  })
})

test('asks for the version, outputs, priority and time that the request names', async t => {
  const models = echoModels()
  const { call } = await openGrpc(t, { models })
  await call('ModelInfer', {
    ...raw,
    model_version: '1.10',
    outputs: [{ name: 'x' }],
    parameters: { priority: { uint64_param: 3 }, timeout: { int64_param: 2_500_000 } }
  })
  await call('ModelInfer', raw)
  const [named, plain] = models.asked
  assert.deepEqual([named?.version, named?.outputs, named?.priority, named?.timeoutMs], ['1.10', ['x'], 3, 2500])
  assert.deepEqual([plain?.version, plain?.outputs, plain?.timeoutMs], [undefined, undefined, undefined])
})

test('gives a model no more time than the caller has', async t => {
  const models = echoModels()
  const { call } = await openGrpc(t, { models })
  await call(
    'ModelInfer',
    { ...raw, parameters: { timeout: { int64_param: 1e12 } } },
    { deadline: Date.now() + 60_000 }
  )
  const { timeoutMs } = models.asked[0]!
  assert.ok(timeoutMs! > 0 && timeoutMs! <= 60_000, String(timeoutMs))
})

const failures = [
  ['MILL_INPUT_INVALID', status.INVALID_ARGUMENT],
  ['MILL_MODEL_NOT_FOUND', status.NOT_FOUND],
  ['MILL_VERSION_NOT_FOUND', status.NOT_FOUND],
  ['MILL_MODEL_NOT_READY', status.UNAVAILABLE],
  ['MILL_OVERLOADED', status.UNAVAILABLE],
  ['MILL_DEADLINE_EXCEEDED', status.DEADLINE_EXCEEDED],
  ['MILL_UNSUPPORTED', status.UNIMPLEMENTED],
  ['MILL_RUN_FAILED', status.INTERNAL],
  ['MILL_MODEL_INVALID', status.INVALID_ARGUMENT]
] as const

test('every refusal has the status of its kind, the reason and the code', async t => {
  let next: Error = new Error('unset')
  const { call } = await openGrpc(t, { models: echoModels({ infer: () => Promise.reject(next) }) })
  for (const [code, expected] of failures) {
    next = new MillraceError(code, 'the reason')
    await assert.rejects(
      call('ModelInfer', raw),
      (error: Error & { code: number; details: string; metadata: never }) => {
        assert.equal(error.code, expected, code)
        assert.equal(error.details, 'the reason')
        assert.deepEqual((error.metadata as { get(name: string): unknown[] }).get('x-error-code'), [code])
        return true
      }
    )
  }
})

test('tells the log and not the client what went wrong inside', async t => {
  const lines: string[] = []
  const log = pino({ level: 'info' }, { write: line => void lines.push(line) })
  const models = echoModels({ infer: () => Promise.reject(new Error('/secret/path is broken')) })
  const { call } = await openGrpc(t, { log, models })
  await assert.rejects(call('ModelInfer', raw), { code: status.INTERNAL, details: 'internal error' })
  const said = lines.map(line => JSON.parse(line) as { msg: string; status: string; err?: { message: string } })
  assert.deepEqual(
    said.map(({ msg, status: code, err }) => [msg, code, err?.message]),
    [
      ['call failed', 'INTERNAL', '/secret/path is broken'],
      ['call completed', 'INTERNAL', undefined]
    ]
  )
})

test('logs one line for a call that succeeds', async t => {
  const lines: string[] = []
  const log = pino({ level: 'info' }, { write: line => void lines.push(line) })
  const { call } = await openGrpc(t, { log })
  await call('ServerLive')
  const { path, status: said, ms, msg } = JSON.parse(lines[0]!) as Record<string, unknown>
  assert.deepEqual([path, said, msg], ['/inference.GRPCInferenceService/ServerLive', 'OK', 'call completed'])
  assert.equal(typeof ms, 'number')
  assert.equal(lines.length, 1)
})

test('tells of the server and its models', async t => {
  const { call } = await openGrpc(t, { isReady: () => false })
  assert.deepEqual(await call('ServerLive'), { live: true })
  assert.deepEqual(await call('ServerReady'), { ready: false })
  assert.equal(((await call('ServerMetadata')) as { name: string }).name, 'millrace')
  assert.deepEqual(await call('ModelReady', { name: 'echo' }), { ready: true })
  assert.deepEqual(await call('ModelMetadata', { name: 'echo' }), {
    name: 'echo',
    versions: ['1.10'],
    platform: 'onnxruntime_onnx',
    inputs: [{ name: 'x', datatype: 'FP32', shape: ['-1', '2'] }],
    outputs: [{ name: 'x', datatype: 'FP32', shape: ['-1', '2'] }]
  })
  for (const name of ['ModelReady', 'ModelMetadata', 'ModelStatistics', 'ModelConfig']) {
    await assert.rejects(call(name, { name: 'nobody' }), {
      code: status.NOT_FOUND,
      details: "Request for unknown model: 'nobody' is not found"
    })
  }
})

test('tells the configuration of a model in the form of Triton', async t => {
  const { call } = await openGrpc(t)
  assert.deepEqual(await call('ModelConfig', { name: 'echo' }), {
    config: {
      name: 'echo',
      platform: 'onnxruntime_onnx',
      backend: 'onnxruntime',
      max_batch_size: 8,
      input: [{ name: 'x', data_type: 'TYPE_FP32', dims: ['2'] }],
      output: [{ name: 'x', data_type: 'TYPE_FP32', dims: ['2'] }],
      instance_group: [{ name: 'echo', kind: 'KIND_CPU', count: 1 }],
      default_model_filename: 'model.onnx',
      dynamic_batching: {}
    }
  })
})

test('tells statistics of one version or all, an alias standing for its version', async t => {
  const none = { count: 0, ns: 0 }
  const asked: unknown[][] = []
  const models = echoModels({
    statistics: (model, version) => {
      asked.push([model, version])
      return [
        statisticsOf({ model: 'echo', version: '1.10', success: { count: 2, ns: 3e9 }, queue: { count: 2, ns: 0.6 } })
      ]
    }
  })
  const { call } = await openGrpc(t, { models })
  const { model_stats } = (await call('ModelStatistics', { name: 'echo', version: 'default' })) as {
    model_stats: { inference_stats: Record<string, object> }[]
  }
  await call('ModelStatistics')
  assert.deepEqual(asked, [
    ['echo', '1.10'],
    [undefined, undefined]
  ])
  const { success, queue } = model_stats[0]!.inference_stats
  assert.deepEqual(
    [success, queue],
    [
      { count: '2', ns: '3000000000' },
      { count: '2', ns: '1' }
    ]
  )

  function statisticsOf(known: Partial<VersionStatistics>): VersionStatistics {
    const counts = { lastInferenceMs: 0, inferences: 0, executions: 0, batches: [], memoryBytes: 0 }
    const durations = { success: none, fail: none, queue: none, cacheHit: none, cacheMiss: none }
    const computing = { computeInput: none, computeInfer: none, computeOutput: none }
    return { model: '', version: '', ...counts, ...durations, ...computing, ...known }
  }
})

test('classifies an output where the request asks for it', async t => {
  const { call } = await openGrpc(t)
  const outputs = [{ name: 'x', parameters: { classification: { int64_param: 1 } } }]
  const reply = (await call('ModelInfer', { ...raw, outputs })) as { outputs: object[]; raw_output_contents: Buffer[] }
  assert.deepEqual(reply.outputs, [{ name: 'x', datatype: 'BYTES', shape: ['1', '1'] }])
  assert.deepEqual(reply.raw_output_contents, [Buffer.from('\x03\0\0\x001:0', 'latin1')])
})

test('lists, loads and unloads models as Triton and KServe name them', async t => {
  const { call } = await openGrpc(t)
  const ready = { name: 'echo', version: '1.10', state: 'READY', reason: '' }
  assert.deepEqual(await call('RepositoryIndex'), {
    models: [{ name: 'echo', version: '1.9', state: 'UNAVAILABLE', reason: 'not asked for' }, ready]
  })
  assert.deepEqual(await call('RepositoryIndex', { ready: true }), { models: [ready] })
  for (const request of [{ model_name: 'echo' }, { repository_name: 'echo' }]) {
    assert.deepEqual(await call('RepositoryModelLoad', request), { model_name: 'echo', isLoaded: true })
    assert.deepEqual(await call('RepositoryModelUnload', request), { model_name: 'echo', isUnloaded: true })
  }
  await assert.rejects(call('RepositoryModelLoad', { model_name: 'nobody' }), { code: status.NOT_FOUND })
  await assert.rejects(call('RepositoryIndex', { repository_name: 'other' }), { code: status.UNIMPLEMENTED })
})

const asIs = (bytes: Buffer): Buffer => bytes

test('says of calls it does not have that they are not implemented', async t => {
  const { client } = await openGrpc(t)
  const { promise, reject, resolve } = Promise.withResolvers()
  client.makeUnaryRequest('/inference.GRPCInferenceService/TraceSetting', asIs, asIs, Buffer.alloc(0), (error, reply) =>
    error === null ? resolve(reply) : reject(error)
  )
  await assert.rejects(promise, { code: status.UNIMPLEMENTED })
})

test('refuses a message beyond the limit and goes on', async t => {
  const { call } = await openGrpc(t, { maxMessageBytes: 10_000 })
  const large = question([{ name: 'x', datatype: 'UINT8', shape: ['20000'] }], {
    raw_input_contents: [Buffer.alloc(20_000)]
  })
  await assert.rejects(call('ModelInfer', large), { code: status.RESOURCE_EXHAUSTED })
  await call('ModelInfer', raw)
})

test('names the setting when the port is taken', async t => {
  const other = createServer()
  other.listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.after(() => other.close())
  const { port } = other.address() as { port: number }
  await assert.rejects(openGrpc(t, { port }), {
    code: 'MILL_PORT_TAKEN',
    message: `port ${port} of gRPC is taken, set MILLRACE_PORT_GRPC to another`
  })
})

test('answers what runs before it closes, and takes no more', async t => {
  const { promise: asked, resolve: reached } = Promise.withResolvers<void>()
  const { promise: reply, resolve: answer } = Promise.withResolvers<InferReply>()
  const models = echoModels({
    infer: () => {
      reached()
      return reply
    }
  })
  const grpc = await startGrpc({
    models,
    host: '127.0.0.1',
    port: 0,
    log: pino({ level: 'silent' }),
    maxMessageBytes: 1000,
    isReady: () => true
  })
  const client: Client = clientOf(grpc.port)
  t.after(() => client.close())
  const answered = methodOf(client, 'ModelInfer')(raw)
  await asked
  const closed = grpc.close()
  answer(await echoModels().infer({ model: 'echo', inputs: [] }))
  assert.equal(((await answered) as { model_name: string }).model_name, 'echo')
  await closed
  await assert.rejects(methodOf(client, 'ServerLive')({}), { code: status.UNAVAILABLE })
})

test('closes though nobody ever connected', async () => {
  const options = { models: echoModels(), host: '127.0.0.1', port: 0, log: pino({ level: 'silent' }) }
  const grpc = await startGrpc({ ...options, maxMessageBytes: 1000, isReady: () => true })
  assert.ok(grpc.port > 0)
  await grpc.close()
})
