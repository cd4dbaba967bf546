import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { addLatency, armCounts, latencyBounds, latencyOf } from '../../../src/experiments/ledger/arm-counts.ts'

test('a request is counted below the first bound that it does not exceed', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 200_000, noNaN: true }), ms => {
      const counts = armCounts()
      addLatency(counts, ms)
      const { histogram } = latencyOf(counts)
      const expected = latencyBounds.findIndex(bound => ms <= bound)
      const found = histogram.indexOf(1)
      const bound = latencyBounds[found] ?? Infinity
      // Within the rounding of a logarithm a bound counts as either.
      const isClose =
        Math.abs(ms / bound - 1) < 1e-8 || Math.abs(ms / latencyBounds[Math.max(0, found - 1)]! - 1) < 1e-8
      assert.ok(isClose || found === (expected === -1 ? latencyBounds.length : expected), `${ms} at ${found}`)
    })
  )
})

test('bounds are no more than a fifth apart, from less than a tenth of a millisecond to more than a minute', () => {
  assert.ok(latencyBounds[0]! < 0.1)
  assert.ok(latencyBounds.at(-1)! > 60_000)
  for (let index = 1; index < latencyBounds.length; index++) {
    assert.ok(latencyBounds[index]! / latencyBounds[index - 1]! < 1.2)
  }
})
