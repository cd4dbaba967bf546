import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GrowthBook } from '@growthbook/growthbook'
import * as fc from 'fast-check'
import {
  firstAllocation,
  mostArms,
  noArm,
  reallocate,
  sharesOf,
  tableOf,
  weightsOf
} from '../../src/experiments/allocation.ts'
import { type Allocation, bucketCount } from '../../src/experiments/experiment.ts'
import { bucketOf, fnv1a } from '../../src/experiments/growthbook-hash.ts'
import { growthBookParts, valueOf } from './growthbook.ts'

const { getBucketRanges, chooseVariation } = await growthBookParts()

/** The vectors that GrowthBook publishes in `cases.json`, as far as we do not refuse such weights. */
const published: readonly [weights: number[], coverage: number, ranges: [number, number][]][] = [
  [
    [0.5, 0.5],
    1,
    [
      [0, 0.5],
      [0.5, 1]
    ]
  ],
  [
    [0.5, 0.5],
    0.5,
    [
      [0, 0.25],
      [0.5, 0.75]
    ]
  ],
  [
    [0.5, 0.5],
    0,
    [
      [0, 0],
      [0.5, 0.5]
    ]
  ],
  [
    [0.25, 0.25, 0.25, 0.25],
    1,
    [
      [0, 0.25],
      [0.25, 0.5],
      [0.5, 0.75],
      [0.75, 1]
    ]
  ],
  [
    [0.4, 0.6],
    1,
    [
      [0, 0.4],
      [0.4, 1]
    ]
  ],
  [
    [0.2, 0.3, 0.5],
    1,
    [
      [0, 0.2],
      [0.2, 0.5],
      [0.5, 1]
    ]
  ],
  [
    [0.2, 0.3, 0.5],
    0.2,
    [
      [0, 0.04],
      [0.2, 0.26],
      [0.5, 0.6]
    ]
  ]
]

test('the first allocation is in the ranges that GrowthBook publishes', () => {
  for (const [weights, coverage, ranges] of published) {
    const runs = firstAllocation(weights, coverage)
    const wanted = ranges.map((range, arm) => [...range, arm] as const).filter(([start, end]) => start < end)
    assert.equal(runs.length, wanted.length)
    for (const [index, [start, end, arm]] of wanted.entries()) {
      const run = runs[index]!
      // Published with few digits: 0.2 * 0.2 is a little more than 0.04, so that bucket 400 is in the range as well.
      assert.ok(run[0] === start * bucketCount && run[2] === arm && [0, 1].includes(run[1] - end * bucketCount))
    }
  }
})

/** The vectors that GrowthBook publishes for the choice of a variation: number, weights, coverage and variation. */
const choices: readonly [value: number, weights: number[], coverage: number, arm: number][] = [
  ...[0.2, 0.4, 0].map((value): [number, number[], number, number] => [value, [0.5, 0.5], 1, 0]),
  ...[0.6, 0.8, 0.5].map((value): [number, number[], number, number] => [value, [0.5, 0.5], 1, 1]),
  [0.2, [0.5, 0.5], 0.5, 0],
  [0.4, [0.5, 0.5], 0.5, noArm],
  [0.6, [0.5, 0.5], 0.5, 1],
  [0.8, [0.5, 0.5], 0.5, noArm],
  [0.25, [0.5, 0.5], 0.5, noArm],
  [0.5, [0.5, 0.5], 0.5, 1],
  [0.5, [0.5, 0, 0.5], 1, 2]
]

test('a bucket belongs to the arm that GrowthBook publishes for it', () => {
  for (const [value, weights, coverage, arm] of choices) {
    assert.equal(tableOf(firstAllocation(weights, coverage))[value * bucketCount], arm, `${value} of ${weights.join()}`)
  }
})

/** Weights that sum to 1, some of them 0. */
const weightsOfArms = (arms: number): fc.Arbitrary<number[]> =>
  fc
    .array(fc.integer({ min: 0, max: 1000 }), { minLength: arms, maxLength: arms })
    .filter(parts => parts.some(part => part > 0))
    .map(parts => {
      const sum = parts.reduce((total, part) => total + part, 0)
      return parts.map(part => part / sum)
    })

const coverages = fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true }))
const numbersOfArms = fc.integer({ min: 2, max: mostArms })

test('the first allocation is that of GrowthBook for JavaScript, bucket by bucket', () => {
  const cases = numbersOfArms.chain(arms => fc.tuple(weightsOfArms(arms), coverages))
  fc.assert(
    fc.property(cases, ([weights, coverage]) => {
      const ranges = getBucketRanges(weights.length, coverage, weights)
      const expected = Uint8Array.from({ length: bucketCount }, (_, bucket) => chooseVariation(valueOf(bucket), ranges))
      // -1, of no variation, is 255 as a byte.
      assert.deepEqual(tableOf(firstAllocation(weights, coverage)), expected)
    }),
    { numRuns: 60, seed: 1 }
  )
})

test('units come to the arms that GrowthBook for JavaScript gives them', () => {
  const weights = [0.2, 0.35, 0.45]
  const table = tableOf(firstAllocation(weights, 0.8))
  const growthBook = new GrowthBook({})
  for (let index = 0; index < 20_000; index++) {
    const id = index % 2 === 0 ? `user-${index}` : `клиент-${index}`
    void growthBook.setAttributes({ id })
    const experiment = { key: 'k', seed: 's', hashVersion: 2 as const, variations: [0, 1, 2] as [0, 1, 2] }
    const { inExperiment, variationId } = growthBook.run({ ...experiment, weights, coverage: 0.8 })
    assert.equal(table[bucketOf(fnv1a('s'), id)], inExperiment ? variationId : noArm, id)
  }
})

const counts = (allocation: Allocation, arms: number): number[] =>
  sharesOf(allocation, arms).map(share => Math.round(share * bucketCount))

/** Buckets that belong to another arm, or to none, than before; those that nobody had are not among them. */
function moved(before: Allocation, after: Allocation): number {
  const [from, to] = [tableOf(before), tableOf(after)]
  return from.reduce((count, arm, bucket) => (arm !== noArm && to[bucket] !== arm ? count + 1 : count), 0)
}

const steps = fc.tuple(numbersOfArms, numbersOfArms).chain(([one, other]) => {
  const [few, many] = one < other ? [one, other] : [other, one]
  const step = fc.tuple(weightsOfArms(many), coverages)
  return fc.tuple(weightsOfArms(few), coverages, fc.array(step, { minLength: 1, maxLength: 4 }))
})

test('other weights move as few buckets as can be, and give each arm what it would have had from the beginning', () => {
  fc.assert(
    fc.property(steps, ([weights, coverage, changes]) => {
      let before = firstAllocation(weights, coverage)
      for (const [next, nextCoverage] of changes) {
        const after = reallocate(before, next, nextCoverage)
        const [had, has] = [counts(before, next.length), counts(after, next.length)]
        assert.deepEqual(has, counts(firstAllocation(next, nextCoverage), next.length))
        const leastMoved = had.reduce((sum, count, arm) => sum + Math.max(0, count - has[arm]!), 0)
        assert.equal(moved(before, after), leastMoved)
        before = after
      }
    }),
    { numRuns: 60, seed: 1 }
  )
})

test('raising the coverage moves no bucket, and is what GrowthBook does', () => {
  const cases = numbersOfArms.chain(arms => fc.tuple(weightsOfArms(arms), coverages, coverages))
  fc.assert(
    fc.property(cases, ([weights, one, other]) => {
      const [low, high] = [Math.min(one, other), Math.max(one, other)]
      const before = firstAllocation(weights, low)
      const after = reallocate(before, weights, high)
      assert.equal(moved(before, after), 0)
      assert.deepEqual(after, firstAllocation(weights, high))
    }),
    { numRuns: 60, seed: 1 }
  )
})

test('raising the coverage moves no bucket after weights were changed either', () => {
  fc.assert(
    fc.property(steps, coverages, ([weights, coverage, changes], other) => {
      let before = firstAllocation(weights, coverage)
      let last: [number[], number] = [weights, coverage]
      for (const change of changes) before = reallocate(before, ...(last = change))
      const after = reallocate(before, last[0], Math.max(last[1], other))
      assert.equal(moved(before, after), 0)
    }),
    { numRuns: 40, seed: 1 }
  )
})

test('a change to what is there already changes nothing', () => {
  const allocation = reallocate(firstAllocation([0.5, 0.5], 1), [0.2, 0.3, 0.5], 0.7)
  assert.deepEqual(reallocate(allocation, [0.2, 0.3, 0.5], 0.7), allocation)
})

test('from halves to two thirds and one third of 90 %', () => {
  // By hand: 5000 and 5000 become 6000 and 3000; 1000 change sides, 1000 are given up.
  const after = reallocate(firstAllocation([0.5, 0.5], 1), [2 / 3, 1 / 3], 0.9)
  assert.deepEqual(counts(after, 2), [6000, 3000])
  assert.equal(moved(firstAllocation([0.5, 0.5], 1), after), 2000)
})

test('shares are of all units, weights of those that take part', () => {
  const allocation = firstAllocation([0.25, 0.75], 0.4)
  assert.deepEqual(sharesOf(allocation, 3), [0.1, 0.3, 0])
  assert.deepEqual(weightsOf(allocation, 2), [0.25, 0.75])
  assert.deepEqual(weightsOf([], 2), [0, 0])
})
