import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, open } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { sampleDataFile } from '@millrace/engine'
import { entryOf, freePorts, get, launchedByOldNode, post, startProgram, startUp, temporaryFolder } from './program.ts'

test('series and cursor survive a kill at any moment', async t => {
  const env = { MILLRACE_DATA_DIR: temporaryFolder(t) }
  const before = await startUp(t, env)
  await get(`${before.addresses.ingestion}/next`)
  await get(`${before.addresses.ingestion}/next`)
  for (const value of [112, 118]) await post(`${before.addresses.features}/add`, { series_id: 'a', value })
  before.child.kill('SIGKILL')
  assert.deepEqual(await before.exit, { code: null, signal: 'SIGKILL' })

  const after = await startUp(t, env)
  const next = (await get(`${after.addresses.ingestion}/next`)).body as { observation_id: number }
  assert.equal(next.observation_id, 3)
  const added = (await post(`${after.addresses.features}/add`, { series_id: 'a', value: 132 })).body
  const { features, available_lags } = added as { features: Record<string, number>; available_lags: number }
  assert.deepEqual([features['in_1'], features['in_2'], available_lags], [118, 112, 2])
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} lets a running request finish, then ends with 0`, async t => {
    const { addresses, child, entry, exit } = await startUp(t, { MILLRACE_DATA_DIR: temporaryFolder(t) })
    await get(`${addresses.inference}/health`) // leaves an idle connection, which must not hold the end up
    const { hostname, port } = new URL(addresses.features)
    const socket = connect(Number(port), hostname).setEncoding('utf8')
    t.after(() => socket.destroy())
    const body = JSON.stringify({ series_id: 'a', value: 5 })
    const head = `POST /add HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`
    // "Expect" makes the server tell that it has begun with the request.
    socket.write(`${head}\r\nexpect: 100-continue\r\n\r\n`)
    assert.match(String((await once(socket, 'data'))[0]), /^HTTP\/1\.1 100 /)
    child.kill(signal)
    await entry('stopping')
    socket.write(body)
    let answer = ''
    for await (const text of socket) answer += text
    assert.match(answer, /^HTTP\/1\.1 200 /)
    assert.match(answer, /"target":5,"available_lags":0/)
    assert.deepEqual(await exit, { code: 0, signal: null })
  })
}

test('a request that never ends is cut after the shutdown timeout, with 1', async t => {
  const env = { MILLRACE_DATA_DIR: temporaryFolder(t), MILLRACE_SHUTDOWN_TIMEOUT: '0.2' }
  const { addresses, child, exit } = await startUp(t, env)
  const { hostname, port } = new URL(addresses.features)
  const socket = connect(Number(port), hostname).setEncoding('utf8')
  t.after(() => socket.destroy())
  socket.on('error', () => undefined)
  socket.write(
    'POST /add HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\nexpect: 100-continue\r\n\r\n'
  )
  await once(socket, 'data')
  child.kill('SIGTERM')
  assert.deepEqual(await exit, { code: 1, signal: null })
})

test('a model that runs for longer than the shutdown timeout is not waited for', async t => {
  const models = temporaryFolder(t)
  const version = path.join(models, 'heavy', '1')
  await mkdir(version, { recursive: true })
  await copyFile(new URL('../../bench/serving/heavy.onnx', import.meta.url), path.join(version, 'model.onnx'))
  const ports = { PORT: '0', MILLRACE_PORT_GRPC: '0' }
  const places = { MODEL_DIR: models, MILLRACE_DATA_DIR: temporaryFolder(t) }
  const env = { ...ports, ...places, MILLRACE_SHUTDOWN_TIMEOUT: '0.01' }
  const { entry, child, errors, exit } = startProgram(t, ['serve', 'inference'], env)
  const { url } = await entry('service is ready')
  // Each takes about 100 ms, one after another: when one is answered, the next runs.
  const runs = Array.from({ length: 6 }, (_, row) =>
    post(`${String(url)}/v2/models/heavy/infer`, {
      inputs: [{ name: 'x', shape: [1, 10], datatype: 'FP32', data: Array.from({ length: 10 }, () => row) }]
    })
  )
  await Promise.any(runs)
  child.kill('SIGTERM')
  assert.deepEqual(await exit, { code: 1, signal: null })
  assert.equal(errors(), '')
  await Promise.allSettled(runs)
})

/** A server on a free port that stands in the way. */
async function occupy(t: TestContext): Promise<string> {
  const server: Server = createServer().listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const address = server.address()
  return String(typeof address === 'object' ? address?.port : undefined)
}

test('taken ports are all named, with the setting that changes each, and nothing is left running', async t => {
  const [features, knn] = [await occupy(t), await occupy(t)]
  const ports = { ...freePorts, MILLRACE_PORT_FEATURES: features, MILLRACE_PORT_KNN: knn }
  const { exit, errors, lines } = startProgram(t, ['up'], { ...ports, MILLRACE_DATA_DIR: temporaryFolder(t) })
  assert.deepEqual(await exit, { code: 1, signal: null })
  assert.equal(
    errors(),
    `millrace: MILL_PORT_TAKEN: 2 problems\n` +
      `  port ${features} of features is taken, set MILLRACE_PORT_FEATURES to another\n` +
      `  port ${knn} of knn_regressor is taken, set MILLRACE_PORT_KNN to another\n`
  )
  assert.ok(!lines.some(line => line.includes('is ready')))
})

test('serve runs one service on PORT', async t => {
  const env = { PORT: '0', MODEL_NAME: 'knn_regressor', MILLRACE_DATA_DIR: temporaryFolder(t) }
  const { entry, child, exit } = startProgram(t, ['serve', 'model'], env)
  const { url } = await entry('service is ready')
  const info = (await get(`${String(url)}/info`)).body as { model_name: string }
  assert.equal(info.model_name, 'River Knn Regressor')
  child.kill('SIGTERM')
  assert.deepEqual(await exit, { code: 0, signal: null })
})

test('serve names PORT when that is taken', async t => {
  const port = await occupy(t)
  const { exit, errors } = startProgram(t, ['serve', 'coinbase'], { PORT: port })
  assert.deepEqual(await exit, { code: 1, signal: null })
  assert.equal(errors(), `millrace: MILL_PORT_TAKEN: port ${port} of coinbase is taken, set PORT to another\n`)
})

/** Runs to the end; nothing is expected on standard output. */
async function fails(t: TestContext, args: string[], env: Record<string, string> = {}) {
  const { exit, errors, lines } = startProgram(t, args, env)
  const { code } = await exit
  assert.deepEqual(lines, [])
  return { code, errors: errors() }
}

test('bad settings are reported all at once', async t => {
  const { code, errors } = await fails(t, ['up'], { N_LAGS: 'many', PIPELINE_INTERVAL: '-1', MILLRACE_DATADIR: 'x' })
  assert.equal(code, 1)
  const [first, ...problems] = errors.trimEnd().split('\n')
  assert.equal(first, 'millrace: MILL_CONFIG_INVALID: 3 problems')
  for (const name of ['N_LAGS', 'PIPELINE_INTERVAL', 'MILLRACE_DATADIR']) {
    assert.ok(problems.filter(problem => problem.startsWith(`  ${name} `)).length === 1, name)
  }
})

test('an unknown model refuses to start and names the choices', async t => {
  const { code, errors } = await fails(t, ['serve', 'model'], { MODEL_NAME: 'lasso' })
  assert.equal(code, 1)
  assert.match(errors, /MODEL_NAME.*linear_regression, ridge_regression, knn_regressor, amf_regressor.*"lasso"/)
})

test('wrong usage ends with 2 and says what is right', async t => {
  const cases: [string[], RegExp][] = [
    [['serv'], /there is no command serv, choose one of up, serve, .+; did you mean serve\?/],
    [['serve', 'model-linear'], /there is no service model-linear, choose one of inference, features, /],
    [['serve'], /name the service to run/],
    [['up', '--lag'], /Unknown option '--lag'/],
    [['pipeline'], /takes one word, run/],
    [['--frob'], /Unknown option '--frob'/]
  ]
  const results = await Promise.all(cases.map(([args]) => fails(t, args)))
  for (const [index, { code, errors }] of results.entries()) {
    assert.equal(code, 2)
    assert.match(errors, cases[index]![1])
    assert.match(errors, /^millrace: MILL_OPTION_INVALID: .+\n$/)
  }
})

test('up tells one line for each learner, then one when it is ready', async t => {
  const { lines } = await startUp(t, { MILLRACE_DATA_DIR: temporaryFolder(t), MODEL_DIR: temporaryFolder(t) })
  assert.deepEqual(
    lines.map(entryOf).map(({ msg }) => msg),
    [...Array.from({ length: 5 }, () => 'learner restored'), 'millrace is ready']
  )
})

test('Ctrl-C ends a replay of a pipe that stays open and silent', async t => {
  const pipe = path.join(temporaryFolder(t), 'pipe')
  execFileSync('mkfifo', [pipe])
  const { child, exit, line } = startProgram(t, [
    'replay',
    pipe,
    '--csv',
    '--models',
    'last_value',
    '--speed',
    '1000/s'
  ])
  // Opening a pipe waits for its other end, and keeping it open keeps the reader waiting.
  const writer = await open(pipe, 'w')
  t.after(() => writer.close())
  await writer.write('y\n1\n2\n3\n')
  await line(text => text.startsWith('1,')) // comes only when the pipe has been silent for a while
  child.kill('SIGINT')
  assert.deepEqual(await exit, { code: null, signal: 'SIGINT' })
})

const full = '/dev/full'
const skip = existsSync(full) ? false : `needs ${full}`

test('an output that cannot be written is one line on standard error, and 1', { skip }, async t => {
  const runs = [['--help'], ['pipeline', 'run'], ['replay', sampleDataFile], ['replay', sampleDataFile, '--csv']]
  const errors = runs.map(async args => {
    const program = startProgram(t, args, { MILLRACE_INGESTION_URL: 'http://127.0.0.1:3' }, { stdout: full })
    assert.deepEqual(await program.exit, { code: 1, signal: null })
    return program.errors()
  })
  for (const text of await Promise.all(errors)) {
    assert.match(text, /^millrace: MILL_OUTPUT_FAILED: the output cannot be written: ENOSPC: .+\n$/)
  }
})

test('services go on, and end as always, when their log cannot be written', { skip }, async t => {
  const env = { PORT: '0', MILLRACE_DATA_DIR: temporaryFolder(t) }
  const { child, errors, exit } = startProgram(t, ['serve', 'ingestion'], env, { stdout: full })
  await once(child.stderr!, 'data')
  child.kill('SIGTERM')
  assert.deepEqual(await exit, { code: 0, signal: null })
  assert.match(errors(), /ENOSPC: .+; the services go on without log lines\n$/)
})

test('on an old Node.js the launcher starts a new one, and passes signals and exit codes through', async t => {
  const env = { PORT: '0', MILLRACE_DATA_DIR: temporaryFolder(t) }
  const serving = startProgram(t, ['serve', 'model'], env, { start: launchedByOldNode })
  const wrong = startProgram(t, ['serv'], {}, { start: launchedByOldNode })
  assert.deepEqual(await wrong.exit, { code: 2, signal: null })
  await serving.entry('service is ready')
  serving.child.kill('SIGTERM')
  await serving.entry('stopped')
  assert.deepEqual(await serving.exit, { code: 0, signal: null })
})

test('help and version answer on standard output', async t => {
  const help = startProgram(t, ['--help'])
  const version = startProgram(t, ['--version'])
  assert.deepEqual(await help.exit, { code: 0, signal: null })
  assert.deepEqual(await version.exit, { code: 0, signal: null })
  for (const name of ['up', 'serve', 'replay', 'pipeline']) {
    assert.ok(
      help.lines.some(line => line.trimStart().startsWith(`${name} `)),
      name
    )
  }
  assert.match(version.lines.join('\n'), /^\d+\.\d+\.\d+$/)
})
