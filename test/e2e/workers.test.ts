import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { Agent, type IncomingMessage, request } from 'node:http'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { entryOf, type Program, startProgram, temporaryFolder } from './program.ts'

const samples = fileURLToPath(new URL('../../models/tabular_classifier', import.meta.url))

/** `millrace serve inference` with two workers and one model of three versions. */
async function startServer(t: TestContext, env: Record<string, string> = {}) {
  const models = temporaryFolder(t)
  // Copies would be too young to be taken for whole.
  symlinkSync(samples, path.join(models, 'tabular_classifier'))
  // These tests ask for the version that is active.
  const settings = {
    WORKERS: '2',
    PORT: '0',
    MILLRACE_PORT_GRPC: '0',
    MODEL_DIR: models,
    AB_TEST_ENABLED: 'false',
    ...env
  }
  const program = startProgram(t, ['serve', 'inference'], { MILLRACE_DATA_DIR: temporaryFolder(t), ...settings })
  const { url } = await program.entry('service is ready')
  return { ...program, url: url as string, models }
}

interface Reply {
  status: number
  body: Record<string, unknown>
  text: string
}

/** A client with one connection, which stays with the worker that it came to. */
function connection(t: TestContext, url: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  const send = async (
    method: string,
    at: string,
    body?: unknown,
    headers: Record<string, string> = {}
  ): Promise<Reply> => {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const content = text === undefined ? {} : { 'content-type': 'application/json' }
    const outgoing = request(`${url}${at}`, { method, agent, headers: { ...content, ...headers } })
    outgoing.end(text)
    const [reply] = (await once(outgoing, 'response')) as [IncomingMessage]
    const whole = (await reply.toArray()).join('')
    const isJson = reply.headers['content-type']?.includes('json') === true
    const parsed = isJson ? (JSON.parse(whole) as Record<string, unknown>) : {}
    return { status: reply.statusCode!, body: parsed, text: whole }
  }
  return {
    get: (at: string, headers?: Record<string, string>) => send('GET', at, undefined, headers),
    post: (at: string, body?: unknown, headers?: Record<string, string>) => send('POST', at, body, headers)
  }
}

function connections(t: TestContext, url: string, count: number) {
  return Array.from({ length: count }, () => connection(t, url))
}

const list = { features: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1] }
const tensor = { name: 'float_input', shape: [1, 10], datatype: 'FP32', data: list.features }

/** Processes that this one began and that still run. */
function childrenOf({ child }: Pick<Program, 'child'>): number[] {
  const text = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')
  return text.split(' ').filter(Boolean).map(Number)
}

function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}/stat`) && !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
}

/** Wait for what other processes bring about. */
async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 30_000
  while (!(await isSo())) {
    assert.ok(performance.now() < end, `still not so: ${what}`)
    await delay(10)
  }
}

/** The values of a metric by its labels as text. */
function metric(text: string, name: string): Map<string, number> {
  const lines = text.split('\n').filter(line => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
  return new Map(
    lines.map(line => {
      const [labels, value] = line.slice(name.length).split(/ (?=[^ ]+$)/)
      return [labels!, Number(value)]
    })
  )
}

/** Folders of sockets that a server made. */
function socketsOf({ child }: Pick<Program, 'child'>): string[] {
  return readdirSync(tmpdir()).filter(name => name.startsWith(`millrace-${child.pid}-`))
}

function label(method: string, endpoint: string, status: number): string {
  return `{method="${method}",endpoint="${endpoint}",status="${status}"}`
}

test('two workers answer, and everything is counted once whichever process did', async t => {
  const { url, lines } = await startServer(t)
  const clients = connections(t, url, 6)
  const asked = clients.flatMap(client => [
    client.post('/predict', list),
    client.post('/api/predict', list),
    client.post('/predict', { ...list, model_version: 'v3.0' }),
    client.post('/predict', { ...list, model_version: 'none' }),
    client.post('/predict', { features: 'none' }),
    client.post('/predict', { features: { a: 1 } }),
    client.post('/v2/models/tabular_classifier/infer', { inputs: [tensor] }),
    client.post('/v2/models/tabular_classifier/versions/v3.0/infer', { inputs: [tensor] }),
    client.post('/v2/models/nobody/infer', { inputs: [tensor] }),
    client.post('/v1/models/tabular_classifier:predict', { instances: [list.features] }),
    client.get('/models'),
    client.get('/nowhere')
  ])
  const statuses = (await Promise.all(asked)).map(({ status }) => status)
  const expected = [200, 200, 200, 404, 422, 200, 200, 200, 404, 200, 200, 404]
  assert.deepEqual(statuses, Array.from({ length: clients.length }, () => expected).flat())

  const { text } = await clients[0]!.get('/metrics')
  const counted = Object.fromEntries(
    Array.from(metric(text, 'ml_api_requests_total')).filter(([labels]) => !labels.includes('/metrics'))
  )
  assert.deepEqual(counted, {
    [label('POST', '/predict', 200)]: 24,
    [label('POST', '/predict', 404)]: 6,
    [label('POST', '/predict', 422)]: 6,
    [label('POST', '/v2/models/:model/infer', 200)]: 6,
    [label('POST', '/v2/models/:model/versions/:version/infer', 200)]: 6,
    [label('POST', '/v2/models/:model/infer', 404)]: 6,
    [label('POST', '/v1/models/:model:predict', 200)]: 6,
    [label('GET', '/models', 200)]: 6,
    [label('GET', 'unmatched', 404)]: 6
  })
  // Of 42 predictions 6 are the learner's; v1.0 is the default.
  assert.equal(metric(text, 'ml_api_predictions_total').get(''), 42)
  const requests = metric(text, 'ml_inference_requests_total')
  assert.equal(requests.get('{model_name="tabular_classifier",status="success"}'), 36)
  const versions = metric(text, 'millrace_model_requests_total')
  assert.equal(versions.get('{model="tabular_classifier",version="v1.0",outcome="success"}'), 24)
  assert.equal(versions.get('{model="tabular_classifier",version="v3.0",outcome="success"}'), 12)
  const statistics = await clients[1]!.get('/v2/models/tabular_classifier/versions/v3.0/stats')
  const [{ inference_stats }] = statistics.body['model_stats'] as [{ inference_stats: { success: { count: number } } }]
  assert.equal(inference_stats.success.count, 12)
  const { body } = await clients[2]!.get('/metrics', { accept: 'application/json' })
  const { total_predictions, active_connections } = body['api_metrics'] as Record<string, number>
  assert.deepEqual([total_predictions, active_connections], [42, 6])

  const answered = lines.map(entryOf).filter(({ msg }) => msg === 'request completed')
  const workers = new Set(answered.map(({ worker }) => worker))
  assert.deepEqual(workers, new Set([1, 2, undefined]))
})

test('of 100 activations under load each is seen by all at once, and no request fails', async t => {
  const { url } = await startServer(t)
  const operator = connection(t, url)
  const clients = connections(t, url, 4)
  const over = new AbortController()
  const failed: unknown[] = []
  let loaded = 0
  const load = connections(t, url, 4).map(async client => {
    while (!over.signal.aborted) {
      const reply = await client.post('/v2/models/tabular_classifier/infer', { inputs: [tensor] })
      if (reply.status !== 200) failed.push(reply)
      loaded++
    }
  })
  for (let turn = 0; turn < 100; turn++) {
    const version = `v${(turn % 3) + 1}.0`
    const activated = await operator.post(`/models/${version}/activate`)
    assert.equal(activated.status, 200)
    const replies = await Promise.all(clients.map(client => client.post('/predict', list)))
    assert.deepEqual(
      replies.map(({ body }) => body['model_version']),
      clients.map(() => version)
    )
  }
  over.abort()
  await Promise.all(load)
  assert.deepEqual(failed, [])
  assert.ok(loaded > 100)
})

test('what is learned through any worker is learned once, and a label finds its prediction', async t => {
  const { url } = await startServer(t)
  const clients = connections(t, url, 4)
  const taught = clients.flatMap((client, place) =>
    Array.from({ length: 5 }, (_, turn) => {
      const body = { features: { x: turn }, target: turn, observation_id: `${place}/${turn}` }
      return client.post('/predict_learn', body, { 'x-request-id': `${place}/${turn}` })
    })
  )
  for (const { status } of await Promise.all(taught)) assert.equal(status, 200)
  const predicted = await clients[0]!.post('/predict', { features: { x: 2 } })
  const { prediction_id } = predicted.body
  const labelled = await clients[1]!.post('/feedback', { prediction_id, actual: 2 })
  assert.equal(labelled.status, 200)
  // Settings, 20 observations and a label.
  assert.equal((await clients[2]!.get('/health')).body['sequence'], 22)
})

test('a worker that is killed is replaced, its counts stay, and no later request is lost', async t => {
  const server = await startServer(t)
  const { url } = server
  for (const client of connections(t, url, 4)) assert.equal((await client.post('/predict', list)).status, 200)
  const count = async (): Promise<number | undefined> => {
    const { text } = await connection(t, url).get('/metrics')
    return metric(text, 'ml_inference_requests_total').get('{model_name="tabular_classifier",status="success"}')
  }
  assert.equal(await count(), 4)
  const [first, second] = childrenOf(server)
  process.kill(first!, 'SIGKILL')
  await server.entry('a worker ended and is replaced')
  for (const client of connections(t, url, 4)) assert.equal((await client.post('/predict', list)).status, 200)
  assert.equal(await count(), 8)

  await until('a worker took its place', async () => {
    const { text } = await connection(t, url).get('/metrics')
    return metric(text, 'millrace_workers').get('') === 2
  })
  await connection(t, url).post('/models/v2.0/activate')
  for (const client of connections(t, url, 4)) {
    assert.equal((await client.post('/predict', list)).body['model_version'], 'v2.0')
  }
  assert.ok(childrenOf(server).includes(second!))
  assert.ok(!childrenOf(server).includes(first!))
})

test('SIGTERM lets a running request of a worker finish, and leaves no process and no socket', async t => {
  const server = await startServer(t)
  const { child, entry, exit, url } = server
  const workers = childrenOf(server)
  assert.deepEqual([workers.length, socketsOf(server).length], [2, 1])
  // A Ctrl-C comes to workers too; only the primary says when to end.
  for (const worker of workers) process.kill(worker, 'SIGINT')
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname).setEncoding('utf8')
  t.after(() => socket.destroy())
  const body = JSON.stringify(list)
  const head = `POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`
  // "Expect" makes the server tell that it has begun with the request.
  socket.write(`${head}\r\nexpect: 100-continue\r\n\r\n`)
  assert.match(String((await once(socket, 'data'))[0]), /^HTTP\/1\.1 100 /)
  child.kill('SIGTERM')
  await entry('stopping')
  socket.write(body)
  let answer = ''
  for await (const text of socket) answer += text
  assert.match(answer, /^HTTP\/1\.1 200 /)
  assert.deepEqual(await exit, { code: 0, signal: null })
  assert.deepEqual(workers.filter(isRunning), [])
  assert.deepEqual(socketsOf(server), [])
})

test('a load says what a model is to all workers, also by files that come with it', async t => {
  const { url } = await startServer(t)
  const operator = connection(t, url)
  const clients = connections(t, url, 4)
  const load = async (parameters?: object): Promise<void> => {
    const reply = await operator.post('/v2/repository/models/tabular_classifier/load', { parameters })
    assert.deepEqual([reply.status, reply.body], [200, {}])
  }
  const answers = () => Promise.all(clients.map(client => client.post('/predict', list)))
  const config = JSON.stringify({ max_batch_size: 4, version_policy: { specific: { versions: ['v2.0'] } } })
  const [before] = await answers()
  await load({ config })
  const versionTwo = await answers()
  assert.deepEqual(
    versionTwo.map(({ body }) => body['model_version']),
    clients.map(() => 'v2.0')
  )
  const file = readFileSync(path.join(samples, 'v2.0/model.onnx')).toString('base64')
  await load({ config: '{}', 'file:7/model.onnx': file })
  const given = await answers()
  assert.deepEqual(
    given.map(({ body }) => [body['model_version'], body['prediction'], body['confidence']]),
    versionTwo.map(({ body }) => ['7', body['prediction'], body['confidence']])
  )
  const { text } = await operator.get('/metrics')
  assert.deepEqual([...metric(text, 'millrace_worker_models').values()], [1, 1], 'workers answer for it themselves')
  await load()
  const [after] = await answers()
  assert.equal(after!.body['model_version'], before!.body['model_version'])
})

test('workers whose models run for longer than the shutdown timeout are not waited for', async t => {
  const models = temporaryFolder(t)
  mkdirSync(path.join(models, 'heavy/1'), { recursive: true })
  const heavy = fileURLToPath(new URL('../../bench/serving/heavy.onnx', import.meta.url))
  symlinkSync(heavy, path.join(models, 'heavy/1/model.onnx'))
  const server = await startServer(t, { MODEL_DIR: models, MILLRACE_SHUTDOWN_TIMEOUT: '0.01' })
  const { child, url, exit, errors } = server
  const workers = childrenOf(server)
  // Each takes about 100 ms, one after another: when one is answered, the next runs.
  const runs = connections(t, url, 6).map((client, row) =>
    client.post('/v2/models/heavy/infer', {
      inputs: [{ name: 'x', shape: [1, 10], datatype: 'FP32', data: Array.from({ length: 10 }, () => row) }]
    })
  )
  await Promise.any(runs)
  child.kill('SIGTERM')
  assert.deepEqual(await exit, { code: 1, signal: null })
  await until('the workers have ended', () => !workers.some(isRunning))
  assert.equal(errors(), '')
  assert.deepEqual(socketsOf(server), [])
  await Promise.allSettled(runs)
})

test('kill -9 of the primary ends its workers and leaves no socket; the port can be had again at once', async t => {
  const server = await startServer(t)
  const workers = childrenOf(server)
  server.child.kill('SIGKILL')
  await server.exit
  await until('all workers have ended', () => !workers.some(isRunning))
  assert.deepEqual(socketsOf(server), [])
  const { port } = new URL(server.url)
  const again = createServer().listen(Number(port), '127.0.0.1')
  await once(again, 'listening')
  again.close()
})

test('a port that is taken is told once, and nothing is left running', async t => {
  const taken = createServer().listen(0, '127.0.0.1')
  t.after(() => taken.close())
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const env = { WORKERS: '2', PORT: String(port), MILLRACE_PORT_GRPC: '0', MILLRACE_DATA_DIR: temporaryFolder(t) }
  const { exit, errors, child } = startProgram(t, ['serve', 'inference'], { ...env, MODEL_DIR: temporaryFolder(t) })
  await until('workers were begun', () => childrenOf({ child }).length === 2)
  const workers = childrenOf({ child })
  assert.deepEqual(await exit, { code: 1, signal: null })
  assert.match(
    errors(),
    new RegExp(`^millrace: MILL_PORT_TAKEN: port ${port} of inference is taken, set PORT to another\n$`)
  )
  assert.deepEqual(workers.filter(isRunning), [])
})
