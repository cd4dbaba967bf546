import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyOf, TextHash } from '../../../src/experiments/ledger/text-hash.ts'

const hash = new TextHash()

test('hashes are those of another implementation, as what is on disks holds them', () => {
  // Computed in Python from the description of the function.
  const expected: [string, number, number][] = [
    ['', 248106398, 2815880555],
    ['a', 4233909709, 1427198263],
    ['ab', 130456360, 2716364278],
    ['user-42', 2564623534, 3077397024],
    ['c0ffee00-1234-4abc-8def-000000000001', 4204161115, 4279534022],
    ['grün', 1436398680, 4072710733],
    ['日本語', 3198783041, 765536737],
    ['x'.repeat(255), 3898995178, 2971918798]
  ]
  for (const [text, first, second] of expected) {
    const { first: a, second: b } = hash.of(text)
    assert.deepEqual([a, b], [first, second], text)
  }
})

test('ids that are alike have different hashes, spread evenly', () => {
  const count = 200_000
  const seen = new Set<number>()
  const low = new Uint32Array(64)
  const high = new Uint32Array(64)
  for (let id = 0; id < count; id++) {
    const { first, second } = hash.of(`user-${id}`)
    seen.add(keyOf(first, second))
    low[first & 63]!++
    high[second >>> 26]!++
  }
  assert.equal(seen.size, count)
  const chiSquare = (observed: Uint32Array): number =>
    observed.reduce((sum, n) => sum + (n - count / 64) ** 2 / (count / 64), 0)
  // 63 degrees of freedom: more than 114 once in 10,000 times.
  assert.ok(chiSquare(low) < 114, String(chiSquare(low)))
  assert.ok(chiSquare(high) < 114, String(chiSquare(high)))
})

test('one character more or less changes half of the bits', () => {
  let changed = 0
  for (let id = 0; id < 1000; id++) {
    const { first: a, second: b } = hash.of(`c0ffee00-1234-4abc-8def-${id}`)
    const { first: c, second: d } = hash.of(`c0ffee01-1234-4abc-8def-${id}`)
    changed += ones(a ^ c) + ones(b ^ d)
  }
  // 64,000 fair coins: a standard deviation of 126.
  assert.ok(Math.abs(changed - 32_000) < 5 * 126, String(changed))
})

function ones(word: number): number {
  return (word >>> 0).toString(2).replaceAll('0', '').length
}
