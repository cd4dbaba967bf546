import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeProcess, replay, threeDays } from './replay-host.ts'

test('--limit stops early and counts as complete', async context => {
  const { code, out } = await replay(context, threeDays, ['--limit', '2', '--json'])
  assert.equal(code, 0)
  const document: { rows: number; incomplete?: boolean } = JSON.parse(out)
  assert.deepEqual([document.rows, document.incomplete], [2, undefined])
})

test('--speed keeps to the schedule, however long the rows take', async context => {
  const host = new FakeProcess()
  await replay(context, threeDays, ['--speed', '4/s'], host)
  assert.deepEqual(host.waits, [250, 250])
  // A clock that moves 10 ms a look: waiting shrinks by what the work took, and the schedule does not drift.
  const slow = new FakeProcess({ tickMs: 10 })
  await replay(context, threeDays, ['--speed', '1/s', '--models', 'linear_regression'], slow)
  assert.equal(slow.waits.length, 2)
  assert.ok(slow.waits.every(wait => wait > 900 && wait < 1000))
})

test('rows of --csv are out before a wait', async context => {
  const host = new FakeProcess()
  const linesAtWait: number[] = []
  host.onWait = () => linesAtWait.push(host.stdout.text.split('\n').length - 1)
  await replay(context, threeDays, ['--csv', '--speed', '1/s'], host)
  assert.deepEqual(linesAtWait, [2, 3])
})

test('Ctrl-C shows the scores so far, says so and answers 130', async context => {
  const host = new FakeProcess()
  host.onWait = () => host.interrupt()
  const { code, out } = await replay(context, threeDays, ['--speed', '1/s'], host)
  assert.equal(code, 130)
  assert.ok(out.includes('Incomplete: stopped after 1 row.'))
})

test('Ctrl-C marks the JSON document, and leaves the CSV as it is', async context => {
  const json = new FakeProcess()
  json.onWait = () => json.interrupt()
  const { out } = await replay(context, threeDays, ['--speed', '1/s', '--json'], json)
  const document: { rows: number; incomplete: boolean } = JSON.parse(out)
  assert.deepEqual([document.rows, document.incomplete], [1, true])
  const csv = new FakeProcess()
  csv.onWait = () => csv.interrupt()
  const rows = await replay(context, threeDays, ['--speed', '1/s', '--csv'], csv)
  assert.equal(rows.code, 130)
  assert.equal(rows.out.trim().split('\n').length, 2)
  assert.ok(rows.err.includes('Incomplete: stopped after 1 row.'))
})

test('full speed lets the event loop turn', async context => {
  const host = new FakeProcess({ tickMs: 1 })
  let turns = 0
  host.onWait = () => turns++
  const lines = Array.from({ length: 500 }, (_, index) => `${index},${index}`)
  await replay(context, `x,y\n${lines.join('\n')}\n`, ['--models', 'last_value'], host)
  // Two looks at the clock a row, at most 40 ms and 16 rows between two turns.
  assert.ok(turns > 500 / 40, `${turns}`)
})

test('a reader that goes away ends the replay quietly', async context => {
  const host = new FakeProcess()
  host.onWait = () => host.stdout.emit('error', Object.assign(new Error('broken pipe'), { code: 'EPIPE' }))
  const { code, err } = await replay(context, threeDays, ['--speed', '1/s', '--csv'], host)
  assert.deepEqual([code, err], [0, ''])
})

test('an output that fails otherwise fails the replay', async context => {
  const host = new FakeProcess()
  const full = Object.assign(new Error('ENOSPC: no space left, write'), { code: 'ENOSPC', syscall: 'write' })
  host.onWait = () => host.stdout.emit('error', full)
  await assert.rejects(replay(context, threeDays, ['--speed', '1/s', '--csv'], host), {
    code: 'MILL_OUTPUT_FAILED',
    message: 'the output cannot be written: ENOSPC: no space left',
    cause: full
  })
})
