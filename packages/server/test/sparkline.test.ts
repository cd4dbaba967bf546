import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sparkline } from '../src/terminal/sparkline.ts'

test('bars rise with the values, from 0 to the highest', () => {
  assert.equal(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 7), '▁▂▃▄▅▆▇█')
})

test('two sparklines with one scale can be compared', () => {
  assert.equal(sparkline([50, 100], 100), '▅█') // 50 is 3.5 of 7 steps, rounded up
  assert.equal(sparkline([50, 25], 100), '▅▃')
})

test('values beyond the scale are drawn at its ends, unknown ones leave a gap', () => {
  assert.equal(sparkline([-5, 200, undefined, Number.NaN, 100], 100), '▁█  █')
})

test('a scale without height draws the baseline', () => {
  assert.equal(sparkline([0, 0], 0), '▁▁')
})

test('nothing gives nothing', () => assert.equal(sparkline([], 1), ''))
