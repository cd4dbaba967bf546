import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openJournalReader } from '@millrace/store'
import { post, straight, temporaryFolder } from '../e2e/program.ts'
import { codeOf, ids, journalOf, kill, learnedIds, observation, startModel, teach, teachAll } from './model-service.ts'

const shiftedClock = fileURLToPath(new URL('preload/shifted-clock.ts', import.meta.url))
const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** A data folder and a clock that can be set while a program runs on it. */
function clockIn(t: TestContext) {
  const place = temporaryFolder(t)
  const file = path.join(place, 'shift')
  const set = (ms: number): void => writeFileSync(file, String(ms))
  set(0)
  const start = ['--import', shiftedClock, ...straight]
  return {
    set,
    folder: path.join(place, 'data'),
    start: (settings: Record<string, string> = {}) =>
      startModel(t, path.join(place, 'data'), { settings: { CLOCK_SHIFT: file, ...settings }, start })
  }
}

/** Ask for a prediction that waits for its label. */
async function predict(url: string, n: number): Promise<string> {
  const { body } = await post(`${url}/predict`, { features: observation(n).features })
  return (body as { prediction_id: string }).prediction_id
}

const label = (url: string, predictionId: string) => post(`${url}/feedback`, { prediction_id: predictionId, actual: 5 })

test('learning goes on whatever the clock does, and the times in the journal never go back', async t => {
  const clock = clockIn(t)
  const { program, url } = await clock.start()
  const shifts = [0, -dayMs, dayMs, -365 * dayMs, 3000 * dayMs, 0]
  for (const [index, shift] of shifts.entries()) {
    clock.set(shift)
    await teachAll({ url }, 10 * index + 1, 10 * index + 10)
    const repeated = await teach({ url }, 1)
    assert.equal(repeated.status, 200)
  }
  await kill(program)
  clock.set(-365 * dayMs)
  const again = await clock.start()
  await teachAll(again, 61, 70)
  await kill(again.program)
  assert.deepEqual(learnedIds(clock.folder), ids(1, 70))
  const times = [...openJournalReader(journalOf(clock.folder)).records(1)].map(({ time }) => time)
  assert.deepEqual(
    times,
    times.toSorted((one, other) => one - other)
  )
})

test('a label finds its prediction after the clock has gone back', async t => {
  const clock = clockIn(t)
  const { url } = await clock.start()
  await teachAll({ url }, 1, 5)
  const before = await predict(url, 6)
  clock.set(-2 * hourMs)
  const after = await predict(url, 7)
  for (const predictionId of [before, after]) {
    const { status, body } = await label(url, predictionId)
    assert.deepEqual([status, (body as { status: string }).status], [200, 'learned'])
  }
})

test('predictions expire as time passes: a clock that is set counts from the next start on', async t => {
  const clock = clockIn(t)
  const settings = { PENDING_TTL: '3600' }
  const first = await clock.start(settings)
  const [one, two] = [await predict(first.url, 1), await predict(first.url, 2)]
  clock.set(2 * hourMs)
  assert.equal((await label(first.url, one)).status, 200)
  await kill(first.program)

  const ahead = await clock.start(settings)
  const expired = await label(ahead.url, two)
  assert.deepEqual([expired.status, codeOf(expired)], [410, 'MILL_PREDICTION_EXPIRED'])
  const unknown = await label(ahead.url, 'never-made')
  assert.deepEqual([unknown.status, codeOf(unknown)], [404, 'MILL_PREDICTION_NOT_FOUND'])
  const three = await predict(ahead.url, 3)
  await kill(ahead.program)

  clock.set(-2 * hourMs)
  const behind = await clock.start(settings)
  assert.equal((await label(behind.url, three)).status, 200)
  assert.equal((await label(behind.url, one)).status, 200) // a repeat
})
