import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createProgressBar, progressLine } from '../src/terminal/progress-bar.ts'

test('the line shows share, rows, speed and time left', () => {
  // 25,000 rows in 2 s is 12,500 a second; a quarter took 2 s, so three quarters take 6 s.
  assert.equal(
    progressLine({ rows: 25_000, fraction: 0.25, elapsedMs: 2000 }, 100),
    '▕███████▌                      ▏  25 % · 25,000 rows · 12,500 rows/s · 6.0 s left'
  )
})

test('without a known total there is no bar', () => {
  assert.equal(progressLine({ rows: 10, fraction: undefined, elapsedMs: 1000 }, 80), '10 rows · 10 rows/s')
})

test('the line never gets longer than the terminal is wide', () => {
  for (const width of [10, 20, 40, 60, 80, 120]) {
    for (const fraction of [0, 0.333, 1, undefined]) {
      assert.ok(progressLine({ rows: 123_456_789, fraction, elapsedMs: 1e7 }, width).length <= width)
    }
  }
})

test('the bar is drawn at most once in a while, and leaves nothing behind', () => {
  const written: string[] = []
  const bar = createProgressBar({ columns: 60, write: text => written.push(text) }, 100)
  for (const elapsedMs of [0, 50, 99, 100, 150, 199, 200]) bar.update({ rows: 1, fraction: 0.5, elapsedMs })
  assert.equal(written.length, 2)
  bar.clear()
  bar.clear()
  assert.deepEqual(written.slice(2), ['\r\u001b[2K'])
})

test('a bar that never showed clears nothing', () => {
  const written: string[] = []
  createProgressBar({ columns: 60, write: text => written.push(text) }).clear()
  assert.deepEqual(written, [])
})
