import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fourDecimals } from '../src/services/round-decimals.ts'

// Each pair is what `round(value, 4)` of CPython 3.12 gives.
const pairs: [number, number][] = [
  [0, 0],
  [2.5, 2.5],
  [1 / 3, 0.3333],
  [133.75118691062147, 133.7512],
  [0.00005, 0.0001], // a little above the half in binary
  [1.00005, 1.0001],
  [1 / 32, 0.0312],
  [3 / 32, 0.0938],
  [5 / 32, 0.1562],
  [31 / 32, 0.9688],
  [1_000_000.21875, 1_000_000.2188],
  [123_456_789.03125, 123_456_789.0312],
  [2_073_323_202_371.59375, 2_073_323_202_371.5938],
  [1e21, 1e21],
  [8.453125e199, 8.453125e199]
]

test('four decimals are those of Python, where a number exactly between two goes to the even one', () => {
  for (const [value, rounded] of pairs) assert.equal(fourDecimals(value), rounded, String(value))
})
