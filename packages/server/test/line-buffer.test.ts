import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lineBuffer } from '../src/line-buffer.ts'

function setup() {
  const [written, timers]: [string[], (() => void)[]] = [[], []]
  const buffer = lineBuffer({ write: lines => written.push(lines), after: (_ms, work) => timers.push(work) })
  return { written, timers, buffer }
}

test('lines are written together when their time has come, in their order', () => {
  const { written, timers, buffer } = setup()
  buffer.write('one\n')
  buffer.write('two\n')
  assert.deepEqual(written, [])
  assert.equal(timers.length, 1, 'one timer for all')
  timers[0]!()
  assert.deepEqual(written, ['one\ntwo\n'])
  buffer.write('three\n')
  timers[1]!()
  assert.deepEqual(written, ['one\ntwo\n', 'three\n'])
})

test('no write has more bytes than a pipe takes at once, unless a line has', () => {
  const { written, timers, buffer } = setup()
  const line = `${'é'.repeat(500)}\n`
  for (let count = 0; count < 10; count++) buffer.write(line)
  const long = `${'x'.repeat(10_000)}\n`
  buffer.write(long)
  timers[0]!()
  assert.deepEqual(
    written.map(lines => Buffer.byteLength(lines)),
    [4004, 4004, 2002, 10_001]
  )
  assert.equal(written.join(''), line.repeat(10) + long)
})

test('flushing writes at once, and nothing twice', () => {
  const { written, timers, buffer } = setup()
  buffer.write('one\n')
  buffer.flush()
  buffer.flush()
  timers[0]!()
  assert.deepEqual(written, ['one\n'])
})
