import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { boundDifference, compareSamples } from '../../../src/experiments/statistics/compare-samples.ts'
import {
  adaptiveSequence,
  confidenceSequence,
  oneSidedSequence
} from '../../../src/experiments/statistics/confidence-sequence.ts'
import { loadDistributions } from '../../../src/experiments/statistics/distributions.ts'
import { rateOf, type Sample, sampleOf } from '../../../src/experiments/statistics/sample.ts'
import { valueInterval } from '../../../src/experiments/statistics/value-interval.ts'
import { armTally, armWith, fixture, near, sumsOf } from './fixtures.ts'

const distributions = await loadDistributions()

const unit = { difference: 0, standardError: 1 }

function nearInterval(
  actual: readonly [number, number] | null,
  expected: readonly [number, number],
  tolerance: number
): void {
  assert.ok(actual !== null)
  near(actual[0], expected[0], tolerance, 'low')
  near(actual[1], expected[1], tolerance, 'high')
}

describe('Welch’s test', () => {
  test('is SciPy’s to 1e-10, from sums alone', () => {
    for (const { control, arm, ...expected } of fixture.welch) {
      const pair = {
        control: sampleOf('mean', armWith(control), 'm')!,
        arm: sampleOf('mean', armWith(arm), 'm')!,
        alpha: 0.05
      }
      const { fixedPValue, difference } = compareSamples(distributions, pair)
      near(fixedPValue, expected.pValue, 1e-10, 'p')
      near(difference, expected.difference, 1e-10, 'difference')
      near(Math.sqrt(pair.control.varianceOfMean + pair.arm.varianceOfMean), expected.standardError, 1e-11, 'error')
      nearInterval(valueInterval(distributions, pair.control, 0.05), expected.ownInterval, 1e-11)
    }
  })
})

describe('the confidence sequence', () => {
  test('is GrowthBook’s to 1e-9 for conversions, means and ratios, absolute and relative, where arms have as many units', () => {
    for (const expected of fixture.sequential) {
      const { alpha } = expected
      const [control, arm]: (Sample | undefined)[] =
        expected.kind === 'conversion'
          ? [expected.control, expected.arm].map(({ n, successes }) => rateOf(successes, n))
          : [expected.control, expected.arm].map(one => sampleOf(expected.kind, armWith(one), 'm'))
      const compared = compareSamples(distributions, { control: control!, arm: arm!, alpha })
      near(compared.difference, expected.difference, 1e-9, 'difference')
      nearInterval(compared.interval, expected.interval, 1e-9)
      near(compared.pValue, expected.pValue, 1e-9, 'p')
      near(compared.lift, expected.lift, 1e-9, 'lift')
      nearInterval(compared.liftInterval, expected.liftInterval, 1e-9)
    }
  })

  test('is GrowthBook’s formula for any number of units', () => {
    for (const { interval, pValue, ...evidence } of fixture.unequal) {
      const sequence = confidenceSequence(evidence)
      nearInterval(sequence.interval, interval, 1e-9)
      near(sequence.pValue, pValue, 1e-9, 'p')
    }
  })

  test('one-sided is the integral of its mixture to 1e-9', () => {
    for (const [n, alpha, width] of fixture.oneSided)
      near(oneSidedSequence(distributions, { ...unit, n, alpha })[1], width, 1e-9, `${n} units`)
  })

  test('one-sided is narrower than two-sided, and a little wider than two-sided with twice the alpha', () => {
    for (const n of [200, 5000, 1e6]) {
      const [, width] = oneSidedSequence(distributions, { ...unit, n, alpha: 0.05 })
      assert.ok(width < confidenceSequence({ ...unit, n, alpha: 0.05 }).interval[1])
      assert.ok(width > confidenceSequence({ ...unit, n, alpha: 0.1 }).interval[1])
    }
  })

  test('under adaptive shares is that of the least evidence of two mixtures', () => {
    for (const { width, ...evidence } of fixture.adaptive)
      near(adaptiveSequence({ ...evidence, difference: 0 }).interval[1], width, 1e-7, 'width')
  })

  test('has a p-value of alpha just where its interval ends at 0', () => {
    const evidence = { standardError: 0.3, n: 1234, alpha: 0.02 }
    const [, width] = confidenceSequence({ ...evidence, difference: 0 }).interval
    near(confidenceSequence({ ...evidence, difference: width }).pValue, 0.02, 1e-12, 'two-sided')
    const both = { variances: [0.1, 0.4], units: [900, 80], alpha: 0.02 } as const
    const [, wider] = adaptiveSequence({ ...both, difference: 0 }).interval
    near(adaptiveSequence({ ...both, difference: wider }).pValue, 0.02, 1e-12, 'adaptive')
  })

  test('counts what was learned at a share of 1 % for what it is worth', () => {
    const [control, few] = [rateOf(4950, 9900)!, rateOf(50, 100)!]
    const even = [rateOf(100, 200)!, rateOf(100, 200)!] as const
    // 4 / (1/9900 + 1/100) = 396 units with even shares say as much as these 10,000.
    const [low, high] = boundDifference(distributions, { control, arm: few, alpha: 0.05 })!
    const [evenLow, evenHigh] = boundDifference(distributions, { control: even[0], arm: even[1], alpha: 0.05 })!
    near((high - low) / Math.sqrt(0.25 / 9900 + 0.25 / 100), (evenHigh - evenLow) / Math.sqrt(0.5 / 200), 0.01, 'width')
  })

  test('takes no arm for surer of itself than the other one is', () => {
    // 2 of 1000 for the small arm, 2 % for the large one: Wald's error is that of 0.2 %, ours that of 2 %.
    const { interval } = compareSamples(distributions, {
      control: rateOf(200, 10_000)!,
      arm: rateOf(2, 1000)!,
      alpha: 0.05
    })
    const error = Math.sqrt((0.02 * 0.98) / 1000 + (0.002 * 0.998) / 10_000)
    const n = (2 * (0.02 * 0.98 + 0.002 * 0.998)) / error ** 2
    const expected = confidenceSequence({ difference: -0.018, standardError: error, n, alpha: 0.05 }).interval
    nearInterval(interval, expected, 1e-12)
  })
})

function compare(control: Sample | undefined, arm: Sample | undefined) {
  return compareSamples(distributions, { control: control!, arm: arm!, alpha: 0.05 })
}

/** The mean of n units, of some of which something was told. */
function toldOf(told: number, n: number): Sample | undefined {
  const m = sumsOf(Array.from({ length: told }, (_, index) => index + 1))
  return sampleOf('mean', armTally({ units: n, metrics: new Map([['m', m]]) }), 'm')
}

describe('before there are enough units', () => {
  test('nothing is said of rates until each arm can be expected to have 10 successes and 10 failures', () => {
    assert.equal(compare(rateOf(9, 100), rateOf(10, 100)).interval, null)
    assert.notEqual(compare(rateOf(10, 100), rateOf(10, 100)).interval, null)
    assert.equal(compare(rateOf(91, 100), rateOf(90, 100)).pValue, null)
    assert.equal(compare(rateOf(900, 9000), rateOf(9, 90)).pValue, null)
  })

  test('an arm in which all or none succeed is no obstacle', () => {
    const { pValue, interval } = compare(rateOf(0, 1000), rateOf(1000, 1000))
    assert.ok(pValue! < 1e-100)
    assert.ok(interval![0] > 0.99)
  })

  test('nothing is said of means until each arm can be expected to have 100 units of which something was told', () => {
    assert.equal(compare(toldOf(99, 1000), toldOf(100, 1000)).interval, null)
    assert.notEqual(compare(toldOf(100, 1000), toldOf(100, 1000)).interval, null)
  })

  test('but Welch’s test for one look needs two units only', () => {
    assert.notEqual(compare(rateOf(1, 2), rateOf(2, 3)).fixedPValue, null)
    assert.equal(compare(rateOf(1, 1), rateOf(2, 3)).fixedPValue, null)
  })
})

describe('samples', () => {
  test('ratios have the variance of the delta method over the units of which something was told', () => {
    for (const { arm, mean, varianceOfMean } of fixture.ratio) {
      const sample = sampleOf('ratio', armWith(arm), 'm')!
      near(sample.mean, mean, 1e-12, 'mean')
      near(sample.varianceOfMean, varianceOfMean, 1e-9, 'variance')
      assert.equal(sample.n, arm.sums.units)
    }
  })

  test('of what units vary by less than sums can tell, nothing is claimed to vary', () => {
    const alike = armTally({ units: 1000, metrics: new Map([['m', sumsOf(Array.from({ length: 1000 }, () => 0.1))]]) })
    assert.equal(sampleOf('mean', alike, 'm')!.varianceOfMean, 0)
    assert.equal(sampleOf('ratio', alike, 'm')!.varianceOfMean, 0)
  })

  test('units of which nothing was told count as 0 in a mean, and not at all in a ratio', () => {
    const arm = armTally({ units: 10, metrics: new Map([['m', sumsOf([4, 6])]]) })
    assert.equal(sampleOf('mean', arm, 'm')!.mean, 1)
    assert.equal(sampleOf('ratio', arm, 'm')!.mean, 5)
  })
})

describe('Wilson’s interval', () => {
  test('is that of statsmodels to 1e-12', () => {
    for (const [successes, n, alpha, low, high] of fixture.wilson) {
      const interval = valueInterval(distributions, rateOf(successes, n)!, alpha)!
      assert.ok(Math.abs(interval[0] - low) < 1e-12 && Math.abs(interval[1] - high) < 1e-12, `${successes} of ${n}`)
    }
  })
})
