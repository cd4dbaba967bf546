import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { HistoryEntry, Metric } from '../../../src/experiments/experiment.ts'
import type { ArmTally } from '../../../src/experiments/ledger/ledger.ts'
import { experimentResults } from '../../../src/experiments/statistics/experiment-results.ts'
import { convertedArm, type Given, recordOf, tallyOf } from './experiment-setup.ts'
import { armTally, near, sumsOf } from './fixtures.ts'

const resultsOf = (arms: readonly ArmTally[], given: Given = {}) =>
  experimentResults({ record: recordOf(given), tally: tallyOf(arms), now: 7 })

const entry = (what: string, weights?: readonly number[]): HistoryEntry => ({
  at: 0,
  revision: 1,
  what,
  details: weights === undefined ? {} : { weights }
})

describe('what an experiment has shown', () => {
  test('is nothing before there are units', async () => {
    const results = await resultsOf([convertedArm(0, 0), convertedArm(0, 0)])
    assert.deepEqual(
      [results.summary, results.winner, results.sampleRatio, results.unitsNeeded, results.warnings, results.updatedAt],
      ['No units yet.', null, null, null, [], 7]
    )
    assert.deepEqual(results.metrics[0]!.comparisons, [
      {
        arm: 'b',
        difference: null,
        interval: null,
        lift: null,
        liftInterval: null,
        pValue: null,
        fixedPValue: null,
        chanceToWin: null,
        expectedLoss: null,
        isSignificant: false
      }
    ])
  })

  test('is no comparison, but values, while there are few', async () => {
    const { summary, warnings, metrics } = await resultsOf([convertedArm(10, 2), convertedArm(8, 3)])
    assert.equal(summary, 'Too few units to compare conversion of any arm with control.')
    assert.match(warnings[0]!, /^too few units for conversion/)
    assert.deepEqual(
      metrics[0]!.arms.map(({ value }) => value),
      [0.2, 0.375]
    )
  })

  test('is a winner only when the test that may be looked at any time says so', async () => {
    // One look would have been significant: z is 2.4, Welch's p 0.017.
    const early = await resultsOf([convertedArm(2000, 200), convertedArm(2000, 247)])
    const [comparison] = early.metrics[0]!.comparisons
    assert.ok(comparison!.fixedPValue! < 0.05 && comparison!.pValue! > 0.05)
    assert.equal(early.winner, null)
    assert.match(early.summary, /^No difference in conversion from control is shown so far\. With 95 % confidence/)
    const late = await resultsOf([convertedArm(10_000, 1000), convertedArm(10_000, 1300)])
    assert.equal(late.winner, 'b')
    assert.match(
      late.summary,
      /^b is better than control by conversion: control 10 %, b 13 %\. With 95 % confidence, however often one looks: b minus control \+1\.\d+ to \+4\.\d+ percentage points\.$/
    )
  })

  test('is control where the other arm is shown to be worse, and the lower value where less is better', async () => {
    const arms = [convertedArm(10_000, 1300), convertedArm(10_000, 1000)]
    assert.equal((await resultsOf(arms)).winner, 'control')
    const metrics: Metric[] = [{ name: 'conversion', kind: 'conversion', goal: 'decrease' }]
    const { winner, metrics: results } = await resultsOf(arms, { metrics })
    assert.equal(winner, 'b')
    assert.ok(results[0]!.comparisons[0]!.chanceToWin! > 0.999)
  })

  test('names no winner when units came to arms wrongly, however clear the rest looks', async () => {
    const { winner, summary, warnings, sampleRatio, metrics } = await resultsOf([
      convertedArm(10_000, 1000),
      convertedArm(11_000, 1600)
    ])
    assert.equal(winner, null)
    assert.equal(sampleRatio!.isMismatch, true)
    const [comparison] = metrics[0]!.comparisons
    assert.ok(comparison!.pValue! < 1e-6)
    assert.equal(comparison!.isSignificant, false)
    assert.match(summary, /^Units did not come to arms as their weights say \(p < 0\.0001\): nothing can be concluded/)
    assert.match(warnings[0]!, /^sample ratio mismatch: 10,000 \/ 11,000 units, expected 10,500 \/ 10,500/)
  })

  test('of three arms: p-values are multiplied by two, and a winner has to beat both others', async () => {
    const weights = [0.4, 0.3, 0.3]
    const two = await resultsOf([convertedArm(8000, 800), convertedArm(6000, 780), convertedArm(6000, 783)], {
      weights
    })
    const [b, c] = two.metrics[0]!.comparisons
    assert.ok(b!.isSignificant && c!.isSignificant)
    assert.equal(two.winner, null)
    assert.match(
      two.summary,
      /b is better than control.*c is better than control.*Which of the arms is best is not shown so far/
    )
    const pair = await resultsOf([convertedArm(8000, 800), convertedArm(6000, 780)], {
      weights: [4 / 7, 3 / 7],
      alpha: 0.025
    })
    near(b!.pValue, 2 * pair.metrics[0]!.comparisons[0]!.pValue!, 1e-12)
    const one = await resultsOf([convertedArm(8000, 800), convertedArm(6000, 780), convertedArm(6000, 1083)], {
      weights
    })
    assert.equal(one.winner, 'c')
    assert.match(one.summary, /^c is better than every other arm/)
  })

  test('says how many units a relative change of 5 % takes', async () => {
    // 10 % to 10.5 %: (3.9 to 4.7)^2 * (0.09 + 0.093975) / 0.005^2, by the width of the sequence there.
    const { unitsNeeded } = await resultsOf([convertedArm(10_000, 1000), convertedArm(10_000, 1000)])
    assert.ok(unitsNeeded! > 115_000 && unitsNeeded! < 165_000)
  })

  test('a mean of what was told of units', async () => {
    const metrics: Metric[] = [{ name: 'm', kind: 'mean', goal: 'decrease' }]
    const values = Array.from({ length: 400 }, (_, index) => index % 10)
    const arm = (add: number): ArmTally =>
      armTally({ units: 400, metrics: new Map([['m', sumsOf(values.map(value => value + add))]]) })
    const {
      winner,
      metrics: [result],
      summary
    } = await resultsOf([arm(2), arm(0)], { metrics, primary: 'm' })
    assert.deepEqual(
      result!.arms.map(({ value }) => value),
      [6.5, 4.5]
    )
    near(result!.comparisons[0]!.lift, -2 / 6.5, 1e-12)
    assert.equal(winner, 'b')
    assert.match(summary, /control 6\.5, b 4\.5/)
  })
})

describe('warnings', () => {
  const arms = [convertedArm(10_000, 1000), convertedArm(9000, 910)]

  test('of weights that were changed: the sample ratio is not tested, and what is concluded takes time for nothing', async () => {
    const history = [entry('created', [0.9, 0.1]), entry('started', [0.5, 0.5]), entry('changed', [0.6, 0.4])]
    const { sampleRatio, warnings, summary } = await resultsOf(arms, { history })
    assert.equal(sampleRatio, null)
    assert.match(warnings[0]!, /weights were changed while units were counted.*Simpson/)
    assert.match(summary, /takes for granted that values did not change with time/)
  })

  test('but not of weights that were changed before a phase began', async () => {
    const changes = [entry('started', [0.5, 0.5]), entry('changed', [0.6, 0.4])]
    for (const history of [
      [entry('created', [0.9, 0.1]), changes[0]!],
      [...changes, entry('phase')],
      [...changes, entry('phase', [0.5, 0.5])]
    ]) {
      const { warnings, sampleRatio } = await resultsOf(arms, { history })
      assert.deepEqual(
        warnings.filter(warning => warning.includes('weights')),
        []
      )
      assert.notEqual(sampleRatio, null)
    }
    const again = [...changes, entry('phase'), entry('changed', [0.5, 0.5])]
    assert.match((await resultsOf(arms, { history: again })).warnings[0]!, /weights were changed/)
  })

  test('of weights that follow results: what holds is said, and intervals are wider', async () => {
    const fixed = await resultsOf(arms)
    const bandit = await resultsOf(arms, { strategy: 'weighted', weighting: 'thompson' })
    assert.equal(bandit.sampleRatio, null)
    assert.match(bandit.warnings[0]!, /weights follow results: intervals and p-values are made for that/)
    const width = (results: typeof fixed): number => {
      const [low, high] = results.metrics[0]!.comparisons[0]!.interval!
      return high - low
    }
    assert.ok(width(bandit) > width(fixed))
  })

  test('of units that crossed, were forgotten, have no id, and of outcomes that nobody knows', async () => {
    const record = recordOf()
    const nameless = [arms[0]!, { ...convertedArm(10_000, 1010), givenUnits: 9000 }]
    const tally = tallyOf(nameless, { crossed: 3, forgotten: 4000, unknownOutcomes: 5 })
    assert.deepEqual((await experimentResults({ record, tally, now: 0 })).warnings, [
      '3 units came to two arms; each counts for the first',
      '1,000 of 20,000 units came without an id of their own: whoever is behind them may be counted several times, in several arms',
      '4,000 units are beyond what is remembered and in no number',
      '5 outcomes belong to no unit or request that is known so far'
    ])
    const random = await experimentResults({
      record: recordOf({ strategy: 'random' }),
      tally: tallyOf(nameless),
      now: 0
    })
    assert.deepEqual(random.warnings, [])
  })
})

/** Requests that took between `ms` and a fifth more. */
function latency(count: number, ms: number): ArmTally['latency'] {
  const histogram = Array.from({ length: 86 }, () => 0)
  const logs = Array.from({ length: count }, (_, index) => Math.log(ms * (1 + (0.2 * index) / count)))
  for (const log of logs) histogram[Math.ceil((log * 4) / Math.LN2 + 20)]!++
  return {
    count,
    sumMs: add(logs.map(Math.exp)),
    sumLog: add(logs),
    sumLogSquares: add(logs.map(log => log * log)),
    histogram
  }
}

const add = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)

const guarded = (failures: number, ms: number): ArmTally =>
  convertedArm(5000, 500, { requests: 5000 - failures, failures, latency: latency(5000 - failures, ms) })

describe('guardrails', () => {
  test('an arm that fails more often is breached, and a warning says by how much', async () => {
    const { guardrails, warnings } = await resultsOf([guarded(50, 10), guarded(150, 10)])
    const [errors, mean, slow] = guardrails
    assert.deepEqual([errors!.value, errors!.control, errors!.isBreached], [0.03, 0.01, true])
    assert.ok(errors!.interval![0] > 0 && errors!.interval![0] < 0.02)
    assert.deepEqual([mean!.isBreached, slow!.isBreached], [false, false])
    assert.match(warnings[0]!, /^b fails more often than control: 3 % against 1 % of requests, 1\.\d+ % more at least$/)
  })

  test('an arm that fails as often, or less often, is not', async () => {
    for (const failures of [50, 40, 0]) {
      const { guardrails } = await resultsOf([guarded(50, 10), guarded(failures, 10)])
      assert.deepEqual(
        guardrails.map(({ isBreached }) => isBreached),
        [false, false, false]
      )
    }
  })

  test('an arm that takes twice as long is slower, on average and at the 95th percentile', async () => {
    const { guardrails, warnings } = await resultsOf([guarded(0, 10), guarded(0, 20)])
    const [, mean, slow] = guardrails
    near(mean!.value! / mean!.control!, 2, 1e-9)
    assert.ok(mean!.interval![0] > 1.98 && mean!.interval![0] < 2 && mean!.interval![1] > 2)
    assert.ok(slow!.interval![0] > 1 && slow!.interval![0] <= 2 && slow!.interval![1] >= 2)
    // Within a bucket, whose bounds are a factor of 1.19 apart: truly 11.9 ms.
    assert.ok(slow!.control! > 11 && slow!.control! < 13.5)
    assert.deepEqual([mean!.isBreached, slow!.isBreached], [true, true])
    assert.equal(warnings.filter(warning => warning.startsWith('b is slower than control')).length, 2)
  })

  test('nothing is said of latencies while there are few', async () => {
    const few = convertedArm(20, 5, { latency: latency(20, 10) })
    const [errors, mean, slow] = (await resultsOf([few, few])).guardrails
    assert.deepEqual([mean!.interval, slow!.interval], [null, null])
    assert.notEqual(errors!.interval, null)
  })
})
