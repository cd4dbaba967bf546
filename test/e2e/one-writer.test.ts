import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freePorts, get, post, startProgram, startUp, temporaryFolder } from './program.ts'

const example = { features: { in_1: 1 }, target: 130 }

/** What a model forecasts. */
async function forecast(url: string): Promise<number> {
  const { body } = await post(`${url}/predict_many`, { features: { in_1: 1 }, steps: 1 })
  return (body as { forecast: [{ value: number }] }).forecast[0].value
}

async function sequenceOf(url: string): Promise<number> {
  return ((await get(`${url}/health`)).body as { sequence: number }).sequence
}

/** Resolves once a model has learned as far as told. */
async function follows(url: string, sequence: number): Promise<void> {
  while ((await sequenceOf(url)) < sequence);
}

test('a second process on the same folder does not start, and leaves the first alone', async t => {
  const env = { MILLRACE_DATA_DIR: temporaryFolder(t) }
  const first = await startUp(t, env)
  const second = startProgram(t, ['up'], { ...freePorts, ...env })
  assert.deepEqual(await second.exit, { code: 1, signal: null })
  assert.deepEqual(second.lines, [])
  assert.match(second.errors(), /^millrace: MILL_WRITER_TAKEN: .+\n$/)
  assert.equal((await post(`${first.addresses.linear_regression}/train`, example)).status, 200)
  assert.equal((await get(`${first.addresses.features}/health`)).status, 200)
})

test('a reader follows the writer, refuses to learn, says who learns, and takes no steps', async t => {
  const env = { MILLRACE_DATA_DIR: temporaryFolder(t) }
  const writer = await startUp(t, env)
  await post(`${writer.addresses.linear_regression}/train`, example)
  const reader = await startUp(t, { ...env, MILLRACE_ROLE: 'reader', PIPELINE_INTERVAL: '0.01' })
  const [writing, reading] = [writer.addresses.linear_regression, reader.addresses.linear_regression]
  for (let round = 0; round < 3; round++) {
    await post(`${writing}/train`, example)
    await follows(reading, await sequenceOf(writing))
    assert.equal(await forecast(reading), await forecast(writing))
  }
  const { status, body } = await post(`${reading}/train`, example)
  const { code, details } = body as { code: string; details: { writer: Record<string, unknown> } }
  assert.deepEqual([status, code], [409, 'MILL_NOT_WRITER'])
  const { host, port, pid } = details.writer
  assert.deepEqual([`http://${String(host)}:${String(port)}`, pid], [writing, writer.child.pid])
  const health = (await get(`${reading}/health`)).body as Record<string, unknown>
  assert.deepEqual([health['status'], health['role']], ['ok', 'reader'])
  // What the reader predicted can be labelled at the writer.
  const { prediction_id } = (await post(`${reading}/predict`, { features: {} })).body as { prediction_id: string }
  assert.equal((await post(`${writing}/feedback`, { prediction_id, actual: 1 })).status, 200)
  const stream = (await get(`${reader.addresses.ingestion}/status`)).body as { current_index: number }
  assert.equal(stream.current_index, 0)
  reader.child.kill('SIGTERM')
  assert.deepEqual(await reader.exit, { code: 0, signal: null })
})

test('a process that takes over learns on, and the one before learns no more', async t => {
  const env = { MILLRACE_DATA_DIR: temporaryFolder(t) }
  const before = await startUp(t, env)
  await post(`${before.addresses.linear_regression}/train`, example)
  const after = await startUp(t, { ...env, MILLRACE_ROLE: 'takeover' })
  const { status, body } = await post(`${before.addresses.linear_regression}/train`, example)
  const { code, details } = body as { code: string; details: { writer: { port: number } } }
  assert.deepEqual([status, code], [503, 'MILL_WRITER_FENCED'])
  assert.equal(String(details.writer.port), new URL(after.addresses.linear_regression).port)
  const health = (await get(`${before.addresses.linear_regression}/health`)).body as Record<string, unknown>
  assert.equal(health['status'], 'degraded')
  assert.equal((await post(`${after.addresses.linear_regression}/train`, example)).status, 200)
  const { default: score } = (await get(`${after.addresses.linear_regression}/model_metrics`)).body as {
    default: { count: number }
  }
  assert.equal(score.count, 2)
  before.child.kill('SIGTERM')
  assert.deepEqual(await before.exit, { code: 0, signal: null })
})
