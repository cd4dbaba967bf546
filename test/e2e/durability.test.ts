import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { get, post, startProgram, temporaryFolder } from './program.ts'

/** A reply to the byte, and whether it says that its request came before. */
interface Reply {
  status: number
  text: string
  isReplayed: boolean
}

async function send(url: string, body: unknown): Promise<Reply> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  const isReplayed = response.headers.get('idempotency-replayed') === 'true'
  return { status: response.status, text: await response.text(), isReplayed }
}

/** `millrace serve model` on a folder. */
async function startModel(t: TestContext, folder: string, env: Record<string, string> = {}) {
  const program = startProgram(t, ['serve', 'model'], { PORT: '0', MILLRACE_DATA_DIR: folder, ...env })
  const { url } = await program.entry('service is ready')
  return { ...program, url: String(url) }
}

const observation = (index: number) => ({
  features: { in_1: index % 7, in_2: index % 11 },
  target: index % 5,
  observation_id: `row-${index}`
})

/**
 * Sends observations from several connections until `stop` says so; remembers the replies by their number.
 * @param next the number of the first one
 * @returns the number of the one after the last
 */
async function teach(
  url: string,
  { acknowledged, next = 0, stop }: { acknowledged: Map<number, string>; next?: number; stop(count: number): boolean }
): Promise<number> {
  const connection = async (): Promise<void> => {
    while (!stop(acknowledged.size)) {
      const index = next++
      const { status, text } = await send(`${url}/predict_learn`, observation(index))
      assert.equal(status, 200)
      acknowledged.set(index, text)
    }
  }
  const results = await Promise.allSettled(Array.from({ length: 8 }, connection))
  for (const result of results) if (result.status === 'rejected') assert.ok(result.reason instanceof TypeError)
  return next
}

async function countOf(url: string): Promise<number> {
  const { default: score } = (await get(`${url}/model_metrics`)).body as { default: { count: number } }
  return score.count
}

test('what a model acknowledged survives kill -9 under load, and is answered the same after it', async t => {
  const folder = temporaryFolder(t)
  const acknowledged = new Map<number, string>()
  let sent = 0
  for (const size of [150, 400]) {
    const { url, child, exit } = await startModel(t, folder)
    for (const [index, text] of acknowledged) {
      const again = await send(`${url}/predict_learn`, observation(index))
      assert.deepEqual(again, { status: 200, text, isReplayed: true })
    }
    const stop = (count: number): boolean => {
      if (count >= size) child.kill('SIGKILL')
      return false
    }
    sent = await teach(url, { acknowledged, next: sent, stop })
    assert.deepEqual(await exit, { code: null, signal: 'SIGKILL' })
  }
  const { url } = await startModel(t, folder)
  const learned = await countOf(url)
  assert.ok(learned >= acknowledged.size && learned <= sent, `${learned} of ${acknowledged.size}`)
  for (let index = 0; index < sent; index++) await send(`${url}/predict_learn`, observation(index))
  assert.equal(await countOf(url), sent)
})

test('refusals and labels are answered the same after kill -9', async t => {
  const folder = temporaryFolder(t)
  const env = { MILLRACE_FEATURE_NAMES_LIMIT: '2' }
  const before = await startModel(t, folder, env)
  const { prediction_id } = (await post(`${before.url}/predict`, { features: { a: 1 } })).body as {
    prediction_id: string
  }
  const { prediction_id: waiting } = (await post(`${before.url}/predict`, { features: { a: 2 } })).body as {
    prediction_id: string
  }
  const tooMany = { features: { a: 1, b: 2, c: 3 }, target: 1, observation_id: 'wide' }
  const refused = await send(`${before.url}/train`, tooMany)
  const labelled = await send(`${before.url}/feedback`, { prediction_id, actual: 5 })
  assert.deepEqual([refused.status, refused.isReplayed], [422, false])
  assert.equal(labelled.text, JSON.stringify({ prediction_id, prediction: 0, actual: 5, error: 5, status: 'learned' }))
  before.child.kill('SIGKILL')
  await before.exit

  const after = await startModel(t, folder, env)
  const refusedAgain = await send(`${after.url}/train`, tooMany)
  assert.deepEqual(refusedAgain, { ...refused, isReplayed: true })
  assert.deepEqual(await send(`${after.url}/feedback`, { prediction_id, actual: 5 }), { ...labelled, isReplayed: true })
  assert.equal((await send(`${after.url}/feedback`, { prediction_id, actual: 6 })).status, 409)
  const late = await send(`${after.url}/feedback`, { prediction_id: waiting, actual: 7 })
  assert.deepEqual([late.status, late.isReplayed], [200, false])
})

test('a clean stop under load keeps all that was acknowledged, whatever the durability', async t => {
  for (const durability of ['none', 'fsync']) {
    const folder = temporaryFolder(t)
    const env = { MILLRACE_DURABILITY: durability }
    const { url, child, exit } = await startModel(t, folder, env)
    const acknowledged = new Map<number, string>()
    const stop = (count: number): boolean => count >= 100 && child.kill('SIGTERM')
    await teach(url, { acknowledged, stop })
    assert.deepEqual(await exit, { code: 0, signal: null })
    const after = await startModel(t, folder, env)
    assert.equal(await countOf(after.url), acknowledged.size)
    after.child.kill('SIGKILL')
  }
})
