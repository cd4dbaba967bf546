import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  type Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  loadPackageDefinition,
  type ServiceClientConstructor,
  status
} from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { protoPath } from 'grpc-health-check'
import type { ModelStreamInferResponse } from '../src/grpc/messages.ts'
import { echoModels, openGrpc, question } from './grpc-server.ts'

type InferStream = ClientDuplexStream<object, ModelStreamInferResponse>

function openStream(client: Client): InferStream {
  return (client as unknown as { ModelStreamInfer(): InferStream }).ModelStreamInfer()
}

async function collect(stream: InferStream): Promise<ModelStreamInferResponse[]> {
  const answers: ModelStreamInferResponse[] = []
  for await (const answer of stream) answers.push(answer as ModelStreamInferResponse)
  return answers
}

test('answers a stream in the order of its requests, whichever is done first', async t => {
  const first = Promise.withResolvers<void>()
  const echo = echoModels()
  const models = echoModels({
    async infer(request) {
      if (request.priority === 1) await first.promise
      else first.resolve()
      return echo.infer(request)
    }
  })
  const { client } = await openGrpc(t, { models })
  const stream = openStream(client)
  const answers = collect(stream)
  stream.write(question([], { id: 'slow', parameters: { priority: { uint64_param: 1 } } }))
  stream.write(question([], { id: 'fast' }))
  stream.end()
  assert.deepEqual(
    (await answers).map(answer => answer.infer_response?.id),
    ['slow', 'fast']
  )
})

test('says in its place what failed, and goes on with the stream', async t => {
  const { client } = await openGrpc(t)
  const stream = openStream(client)
  const answers = collect(stream)
  stream.write({ ...question([]), model_name: 'nobody', id: 'a' })
  stream.write(question([], { id: 'b' }))
  stream.end()
  const [failed, answered] = await answers
  assert.equal(failed?.error_message, "Request for unknown model: 'nobody' is not found")
  assert.equal(failed?.infer_response?.id, 'a')
  assert.equal(answered?.error_message, undefined)
  assert.equal(answered?.infer_response?.model_version, '1.10')
})

test('runs no more requests of a stream at a time than it may, and answers all', async t => {
  const echo = echoModels()
  const waiting: (() => void)[] = []
  const reached = Promise.withResolvers<void>()
  let most = 0
  const models = echoModels({
    async infer(request) {
      const gate = Promise.withResolvers<void>()
      waiting.push(gate.resolve)
      most = Math.max(most, waiting.length)
      if (waiting.length === 64) reached.resolve()
      await gate.promise
      return echo.infer(request)
    }
  })
  const { client } = await openGrpc(t, { models })
  const stream = openStream(client)
  const answers = collect(stream)
  for (let id = 0; id < 200; id += 1) stream.write(question([], { id: String(id) }))
  stream.end()
  await reached.promise
  let isDone = false
  const release = (): void => {
    waiting.shift()?.()
    if (!isDone) setImmediate(release)
  }
  release()
  assert.deepEqual(
    (await answers).map(answer => answer.infer_response?.id),
    Array.from({ length: 200 }, (_, id) => String(id))
  )
  isDone = true
  // What was read from the connection already is still handed over after the pause.
  assert.ok(most < 200, String(most))
})

interface HealthClient extends Client {
  check(request: object, done: (error: Error | null, reply: { status: string }) => void): void
  watch(request: object): ClientReadableStream<{ status: string }>
}

function healthClient(t: TestContext, port: number): HealthClient {
  const { grpc } = loadPackageDefinition(loadSync(protoPath, { enums: String, defaults: true })) as unknown as {
    grpc: { health: { v1: { Health: ServiceClientConstructor } } }
  }
  const client = new grpc.health.v1.Health(`127.0.0.1:${port}`, credentials.createInsecure())
  t.after(() => client.close())
  return client as unknown as HealthClient
}

function check(client: HealthClient, service: string): Promise<string> {
  return new Promise((resolve, reject) => {
    client.check({ service }, (error, reply) => (error === null ? resolve(reply.status) : reject(error)))
  })
}

test('tells the health of the server and of each model', async t => {
  const { port } = await openGrpc(t, { isReady: () => true, models: echoModels({ isReady: () => false }) })
  const client = healthClient(t, port)
  assert.equal(await check(client, ''), 'SERVING')
  assert.equal(await check(client, 'inference.GRPCInferenceService'), 'SERVING')
  assert.equal(await check(client, 'echo'), 'NOT_SERVING')
  await assert.rejects(check(client, 'nobody'), { code: status.NOT_FOUND })
})

test('tells whoever watches when the health changes', async t => {
  let isReady = false
  const { port } = await openGrpc(t, { isReady: () => isReady, watchEveryMs: 1 })
  const stream = healthClient(t, port).watch({ service: '' })
  t.after(() => stream.cancel())
  stream.on('error', () => {})
  const [before] = (await once(stream, 'data')) as [{ status: string }]
  const change = once(stream, 'data') as Promise<[{ status: string }]>
  isReady = true
  const [after] = await change
  assert.deepEqual([before.status, after.status], ['NOT_SERVING', 'SERVING'])
})

test('ends streams that wait when the server closes', async t => {
  const { client, port, close } = await openGrpc(t)
  const stream = openStream(client)
  const answers = collect(stream)
  stream.write(question([], { id: 'a' }))
  await once(stream, 'data')
  const watching = healthClient(t, port).watch({ service: '' })
  await once(watching, 'data')
  const ended = once(watching, 'error') as Promise<[{ code: status }]>
  await close()
  await answers
  assert.equal((await ended)[0].code, status.UNAVAILABLE)
})

const reflectionProtos = fileURLToPath(new URL('../proto', import.meta.resolve('@grpc/reflection')))

test('describes its services to tools that ask', async t => {
  const { port } = await openGrpc(t)
  const { grpc } = loadPackageDefinition(
    loadSync('grpc/reflection/v1/reflection.proto', { includeDirs: [reflectionProtos], keepCase: true })
  ) as unknown as { grpc: { reflection: { v1: { ServerReflection: ServiceClientConstructor } } } }
  const client = new grpc.reflection.v1.ServerReflection(`127.0.0.1:${port}`, credentials.createInsecure())
  t.after(() => client.close())
  const stream = (
    client as unknown as { ServerReflectionInfo(): ClientDuplexStream<object, Listed> }
  ).ServerReflectionInfo()
  stream.write({ list_services: '*' })
  const [{ list_services_response: listed }] = (await once(stream, 'data')) as [Listed]
  stream.end()
  const names = listed.service.map(({ name }) => name)
  assert.ok(names.includes('inference.GRPCInferenceService'), names.join(', '))
})

interface Listed {
  list_services_response: { service: { name: string }[] }
}
