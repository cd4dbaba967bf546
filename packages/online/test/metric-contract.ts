import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { LifetimeMetric, Metric } from '../src/metric.ts'
import { metricFromState } from '../src/metric-from-state.ts'

/** An actual and the prediction for it. */
export type Pair = readonly [y: number, prediction: number]

// Sixty-fourths: actuals that are not 0 are not tiny, and two that differ do not differ in the last bits alone, where R2
// magnifies every rounding.
const numbers = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.integer({ min: -64_000, max: 64_000 }).map(count => count / 64)
)
/** Streams of pairs, zeros and repeated values among them. */
export const pairLists: fc.Arbitrary<Pair[]> = fc.array(fc.tuple(numbers, numbers), { maxLength: 40 })

export function counted<Kind extends Metric>(metric: Kind, pairs: readonly Pair[]): Kind {
  for (const [y, prediction] of pairs) metric.update(y, prediction)
  return metric
}

/** What every metric promises. Registers one test for each promise. */
export function metricContract(name: string, make: () => Metric): void {
  test(`${name}: is 0 before any pair`, () => {
    assert.equal(make().value, 0)
    assert.equal(make().count, 0)
  })

  test(`${name}: a restored state is the same bytes and continues bit for bit`, () => {
    fc.assert(
      fc.property(pairLists, pairLists, (before, after) => {
        const metric = counted(make(), before)
        const restored = metricFromState(metric.toState())
        assert.equal(restored.constructor, metric.constructor)
        assert.deepEqual(restored.toState(), metric.toState())
        for (const one of [metric, restored]) counted(one, after)
        assert.ok(Object.is(restored.value, metric.value))
        assert.equal(restored.count, metric.count)
        assert.deepEqual(restored.toState(), metric.toState())
      })
    )
  })

  test(`${name}: what is not finite, or whose error is not, is refused without a trace`, () => {
    const metric = counted(make(), [
      [1, 2],
      [3, 5]
    ])
    const before = metric.toState()
    const { value, count } = metric
    const refused = [
      [NaN, 1],
      [1, NaN],
      [Infinity, 1],
      [1, -Infinity],
      ['1', 1],
      [1, undefined],
      [1.7e308, -1.7e308]
    ] as unknown as Pair[]
    for (const [y, prediction] of refused) {
      assert.throws(() => metric.update(y, prediction), { code: 'MILL_VALUE_NOT_FINITE' })
    }
    assert.deepEqual(metric.toState(), before)
    assert.deepEqual([metric.value, metric.count], [value, count])
  })

  test(`${name}: a damaged state is refused`, () => {
    const bytes = counted(make(), [[1, 2]]).toState()
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const turned = bytes.slice()
      turned[bit >>> 3]! ^= 1 << (bit & 7)
      assert.throws(() => metricFromState(turned), { code: 'MILL_STATE_INVALID' })
    }
  })
}

/** What every lifetime metric promises besides. */
export function lifetimeMetricContract(name: string, make: () => LifetimeMetric): void {
  metricContract(name, make)

  test(`${name}: merging the parts of a stream is counting all of it`, () => {
    fc.assert(
      fc.property(pairLists, pairLists, (first, second) => {
        const [head, tail] = [first, second]
        const whole = counted(make(), [...head, ...tail])
        const merged = counted(make(), head)
        merged.merge(counted(make(), tail))
        assert.equal(merged.count, whole.count)
        assertNear(merged.value, whole.value)
      })
    )
  })

  test(`${name}: a fresh one has counted nothing and has the same options`, () => {
    const used = counted(make(), [[1, 2]])
    assert.deepEqual(used.fresh().toState(), make().toState())
  })
}

/** Equal but for the rounding of a few dozen additions. */
export function assertNear(actual: number, expected: number): void {
  const tolerance = 1e-9 * Math.max(1, Math.abs(expected))
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} instead of ${expected}`)
}
