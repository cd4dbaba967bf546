import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import type { Metric } from '../../../src/experiments/experiment.ts'
import { latencyBounds } from '../../../src/experiments/ledger/arm-counts.ts'
import type { ArmTally, MetricTally } from '../../../src/experiments/ledger/ledger.ts'
import { bestArmProbabilities } from '../../../src/experiments/statistics/best-arm.ts'
import { compareSamples } from '../../../src/experiments/statistics/compare-samples.ts'
import { loadDistributions } from '../../../src/experiments/statistics/distributions.ts'
import { experimentResults } from '../../../src/experiments/statistics/experiment-results.ts'
import { sampleOf } from '../../../src/experiments/statistics/sample.ts'
import { convertedArm, oddNumbers, recordOf, tallyOf } from './experiment-setup.ts'
import { armTally, converted, near, sumsOf } from './fixtures.ts'

const distributions = await loadDistributions()

const kinds = ['conversion', 'mean', 'ratio', 'accuracy', 'error'] as const
const metrics: Metric[] = kinds.map(kind => ({ name: kind, kind, goal: 'increase' }))

/** All metrics of an arm being the same sums. */
function armOf(units: number, sums: MetricTally, given: Partial<ArmTally> = {}): ArmTally {
  return armTally({ units, requests: units, metrics: new Map(kinds.map(kind => [kind, sums])), ...given })
}

const resultsOf = (arms: readonly ArmTally[], primary: string = 'conversion', weights?: readonly number[]) =>
  experimentResults({
    record: recordOf({ metrics, primary, ...(weights && { weights }) }),
    tally: tallyOf(arms),
    now: 0
  })

const anyNumber = fc.oneof(
  fc.constantFrom(0, 1, 2, 1e9, 1e300, -1e300, Number.MAX_VALUE, 5e-324, 0.1),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: -100, max: 100, noNaN: true })
)
const anyCount = fc.oneof(fc.constantFrom(0, 1, 2, 1e9, Number.MAX_SAFE_INTEGER), fc.nat(1000))

/** Sums that nothing need explain, too. */
const anyArm = fc
  .record({
    units: anyCount,
    told: anyCount,
    count: anyCount,
    values: fc.array(anyNumber, { minLength: 4, maxLength: 4 }),
    failures: anyCount,
    timed: anyCount,
    ms: fc.constantFrom(1e-6, 0.5, 17, 1e5, 1e9)
  })
  .map(({ units, told, count, values: [sum, squares, countSquares, products], failures, timed, ms }) => {
    const sums = {
      units: told,
      count,
      sum: sum!,
      sumSquares: squares!,
      countSquares: countSquares!,
      products: products!
    }
    return armOf(units, sums, { failures, latency: latencyOf(timed, ms) })
  })

/** As many requests that took the same time. */
function latencyOf(count: number, ms: number): ArmTally['latency'] {
  const log = Math.log(ms)
  const histogram = latencyBounds
    .concat(Infinity)
    .map((bound, bucket) => (ms <= bound && !(ms <= latencyBounds[bucket - 1]!) ? count : 0))
  return { count, sumMs: count * ms, sumLog: count * log, sumLogSquares: count * log * log, histogram }
}

describe('no number is ever odd', () => {
  const extremes: readonly [name: string, arm: ArmTally][] = [
    ['no units', armOf(0, sumsOf([]))],
    ['one unit', armOf(1, sumsOf([1]))],
    ['one unit of which nothing was told', armOf(1, sumsOf([]))],
    ['all converted', armOf(1000, converted(1000))],
    ['none converted', armOf(1000, converted(0))],
    ['values all alike', armOf(1000, sumsOf(Array.from({ length: 1000 }, () => 0.1)))],
    ['a thousand million units', armOf(1e9, converted(1e8))],
    ['values of 1e300', armOf(200, sumsOf(Array.from({ length: 200 }, (_, index) => (1 + (index % 3)) * 1e300)))],
    ['values of 1e-300', armOf(200, sumsOf(Array.from({ length: 200 }, (_, index) => (1 + (index % 3)) * 1e-300)))],
    ['values about 0', armOf(200, sumsOf(Array.from({ length: 200 }, (_, index) => (index % 2 === 0 ? -1 : 1))))],
    ['failures only', armOf(1000, converted(10), { requests: 0, failures: 1000 })]
  ]
  for (const [name, first] of extremes) {
    test(`${name}, against each other extreme`, async () => {
      for (const [other, second] of extremes) {
        for (const kind of kinds) {
          const results = await resultsOf([first, second], kind)
          assert.deepEqual(oddNumbers(results), [], other)
          assert.doesNotMatch(JSON.stringify(results), /NaN|Infinity|undefined/)
        }
      }
    })
  }

  test('whatever the sums are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyArm, { minLength: 2, maxLength: 4 }),
        fc.constantFrom(...kinds),
        async (arms, kind) => {
          const results = await resultsOf(
            arms,
            kind,
            arms.map(() => 1 / arms.length)
          )
          assert.deepEqual(oddNumbers(results), [])
          assert.doesNotMatch(JSON.stringify(results), /NaN|Infinity|undefined/)
        }
      ),
      { numRuns: 200, seed: 5 }
    )
  })
})

const units = fc.array(fc.tuple(fc.double({ min: -50, max: 50, noNaN: true }), fc.nat(4)), {
  minLength: 120,
  maxLength: 160
})

function sampleFrom(kind: Metric['kind'], told: readonly (readonly [number, number])[], factor = 1) {
  const sums = sumsOf(
    told.map(([total]) => factor * total),
    told.map(([, count]) => count + 1)
  )
  return sampleOf(kind, armTally({ units: told.length, metrics: new Map([['m', sums]]) }), 'm')!
}

describe('results do not depend on', () => {
  test('the unit that values are told in: differences and intervals scale, p-values and lifts stay', () => {
    fc.assert(
      fc.property(
        units,
        units,
        fc.constantFrom('mean', 'ratio'),
        fc.constantFrom(0.001, 60, 1e6),
        (one, other, kind, factor) => {
          const compare = (scale: number) =>
            compareSamples(distributions, {
              control: sampleFrom(kind, one, scale),
              arm: sampleFrom(kind, other, scale),
              alpha: 0.05
            })
          const [plain, scaled] = [compare(1), compare(factor)]
          near(scaled.difference / factor, plain.difference, 1e-6)
          near(scaled.pValue, plain.pValue!, 1e-6)
          near(scaled.fixedPValue, plain.fixedPValue!, 1e-6)
        }
      ),
      { numRuns: 100, seed: 1 }
    )
  })

  test('which of two arms is control, but for the sign', () => {
    fc.assert(
      fc.property(units, units, (one, other) => {
        const [control, arm] = [sampleFrom('mean', one), sampleFrom('mean', other)]
        const forth = compareSamples(distributions, { control, arm, alpha: 0.05 })
        const back = compareSamples(distributions, { control: arm, arm: control, alpha: 0.05 })
        assert.equal(forth.difference, -back.difference)
        assert.deepEqual(forth.interval, back.interval!.map(end => -end).toReversed())
        assert.equal(forth.pValue, back.pValue)
      }),
      { numRuns: 50, seed: 2 }
    )
  })

  test('the order of the other arms', async () => {
    const arms = [convertedArm(5000, 500), convertedArm(5000, 580), convertedArm(5000, 520), convertedArm(5000, 700)]
    const weights = [0.25, 0.25, 0.25, 0.25]
    const forth = await experimentResults({ record: recordOf({ weights }), tally: tallyOf(arms), now: 0 })
    const order = [0, 3, 1, 2]
    const moved = await experimentResults({
      record: recordOf({ weights }),
      tally: tallyOf(order.map(arm => arms[arm]!)),
      now: 0
    })
    const names = ['control', 'b', 'c', 'd']
    for (const [place, arm] of order.entries()) {
      const [one, other] = [moved, forth].map(({ metrics: [result] }, which) =>
        result!.comparisons.find(comparison => comparison.arm === names[which === 0 ? place : arm])
      )
      assert.deepEqual(one && { ...one, arm: '' }, other && { ...other, arm: '' })
    }
    assert.deepEqual([forth.winner, moved.winner], ['d', 'b'])
  })

  test('how sums were put together: those of two parts added are those of the whole', () => {
    fc.assert(
      fc.property(units, units, fc.constantFrom('mean', 'ratio'), (one, other, kind) => {
        const parts = [one, other].map(part =>
          sumsOf(
            part.map(([total]) => total),
            part.map(([, count]) => count + 1)
          )
        )
        const added = Object.fromEntries(
          Object.entries(parts[0]!).map(([name, value]) => [name, value + parts[1]![name as keyof MetricTally]])
        ) as unknown as MetricTally
        const merged = sampleOf(
          kind,
          armTally({ units: one.length + other.length, metrics: new Map([['m', added]]) }),
          'm'
        )!
        const whole = sampleFrom(kind, [...one, ...other])
        near(merged.varianceOfMean, whole.varianceOfMean, 1e-9)
        assert.ok(Math.abs(merged.mean - whole.mean) < 1e-9)
      }),
      { numRuns: 50, seed: 3 }
    )
  })

  test('the order in which arms are asked who is best', () => {
    const belief = fc.record({ a: fc.integer({ min: 1, max: 5000 }), b: fc.integer({ min: 1, max: 5000 }) })
    fc.assert(
      fc.property(fc.array(belief, { minLength: 2, maxLength: 6 }), beliefs => {
        const posteriors = beliefs.map(({ a, b }) => ({ kind: 'beta', a, b }) as const)
        const forth = bestArmProbabilities(distributions, posteriors)
        const back = bestArmProbabilities(distributions, posteriors.toReversed()).toReversed()
        for (const [arm, chance] of forth.entries()) assert.ok(Math.abs(chance - back[arm]!) < 1e-9)
        near(
          forth.reduce((sum, chance) => sum + chance, 0),
          1,
          1e-12
        )
      }),
      { numRuns: 60, seed: 4 }
    )
  })
})
