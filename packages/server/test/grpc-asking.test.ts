import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { type ClientDuplexStream, type ClientUnaryCall, Metadata } from '@grpc/grpc-js'
import type { InferReply, InferRequest } from '@millrace/engine'
import type { InferParameters, ModelStreamInferResponse } from '../src/grpc/messages.ts'
import { echoModels, openGrpc, question } from './grpc-server.ts'

const given = (id: string) => ({ id, isGiven: true })

function metadata(entries: Record<string, string>): Metadata {
  const made = new Metadata()
  for (const [key, value] of Object.entries(entries)) made.set(key, value)
  return made
}

/** Models whose answers an experiment has decided about. */
function decidedModels() {
  const echo = echoModels()
  const assignment = { experiment: 'colours', arm: 'blau & grün', probability: 0.5, isSticky: true }
  return echoModels({
    async infer(request: InferRequest): Promise<InferReply> {
      const reply = await echo.infer(request)
      return { ...reply, route: { ...reply.route, reason: 'experiment', assignment } }
    }
  })
}

test('a call says who asks by parameter, metadata, its own id or that of the call', async t => {
  const models = echoModels()
  const { call } = await openGrpc(t, { models })
  const names = { 'x-unit-id': 'bert', 'x-request-id': 'c' }
  const parameters = { unit_id: { string_param: 'anna' }, use_ab_testing: { bool_param: false } }
  await call('ModelInfer', question([], { id: 'own', parameters }), metadata(names))
  await call('ModelInfer', question([], { id: 'own' }), metadata(names))
  await call('ModelInfer', question([], { id: 'own' }), metadata({ 'x-request-id': 'c' }))
  await call('ModelInfer', question([]), metadata({ 'x-request-id': 'c' }))
  await call('ModelInfer', question([]))
  assert.deepEqual(
    models.asked.slice(0, 4).map(({ unit, requestId, mayExperiment }) => [unit, requestId, mayExperiment]),
    [
      [given('anna'), 'own', false],
      [given('bert'), 'own', undefined],
      [given('own'), 'own', undefined],
      [given('c'), 'c', undefined]
    ]
  )
  assert.equal(models.asked[4]?.unit?.isGiven, false)
})

test('what is no unit is refused, and nothing is asked', async t => {
  const models = echoModels()
  const { call } = await openGrpc(t, { models })
  const parameters = { unit_id: { int64_param: '7' } }
  await assert.rejects(call('ModelInfer', question([], { parameters })), {
    details: "the parameter 'unit_id' must be a text of 1 to 256 characters"
  })
  assert.deepEqual(models.asked, [])
})

test('leading metadata and parameters say which version answered and why', async t => {
  const { client } = await openGrpc(t, { models: decidedModels() })
  const { promise, resolve, reject } = Promise.withResolvers<{ parameters: InferParameters }>()
  const modelInfer = (client as unknown as { ModelInfer(...given: unknown[]): ClientUnaryCall }).ModelInfer.bind(client)
  const call = modelInfer(question([]), metadata({ 'x-request-id': 'c' }), (error: unknown, reply: never) =>
    error === null ? resolve(reply) : reject(error)
  )
  const [told] = (await once(call, 'metadata')) as [Metadata]
  const names = ['x-request-id', 'x-model-version', 'x-route']
  assert.deepEqual(
    names.map(name => told.get(name)[0]),
    ['c', '1.10', 'experiment;experiment="colours";arm=%"blau & gr%c3%bcn"']
  )
  const { parameters } = await promise
  const values = Object.fromEntries(
    Object.entries(parameters).map(([name, { string_param, double_param, bool_param }]) => [
      name,
      string_param ?? double_param ?? bool_param
    ])
  )
  assert.deepEqual(values, {
    route_reason: 'experiment',
    experiment: 'colours',
    arm: 'blau & grün',
    probability: 0.5,
    sticky: true
  })
})

test('requests of a stream that name nothing are units of their own', async t => {
  const models = decidedModels()
  const asked: InferRequest[] = []
  const infer: typeof models.infer = request => {
    asked.push(request)
    return models.infer(request)
  }
  const { client } = await openGrpc(t, { models: { ...models, infer } })
  const open = (client as unknown as { ModelStreamInfer(metadata: Metadata): ClientDuplexStream<object, unknown> })
    .ModelStreamInfer
  const stream = open.call(client, metadata({ 'x-request-id': 's' }))
  for (const id of ['', 'own', '']) stream.write(question([], { id }))
  stream.end()
  const answers = (await stream.toArray()) as ModelStreamInferResponse[]
  assert.deepEqual(
    asked.map(({ unit }) => unit),
    [given('s_0'), given('own'), given('s_2')]
  )
  for (const { infer_response } of answers) {
    assert.equal(infer_response?.parameters?.['experiment']?.string_param, 'colours')
    assert.equal(infer_response.parameters['triton_final_response']?.bool_param, true)
  }
})
