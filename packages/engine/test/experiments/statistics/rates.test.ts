import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compareRates } from '../../../src/experiments/statistics/compare-rates.ts'
import { loadDistributions } from '../../../src/experiments/statistics/distributions.ts'
import { rateInterval, rateSequence } from '../../../src/experiments/statistics/rate-sequence.ts'
import { fixture } from './fixtures.ts'
import { generator } from './simulation.ts'

const distributions = await loadDistributions()

const rate = (successes: number, n: number) => ({ successes, n })

describe('the exact sequence of two rates', () => {
  test('holds the differences of all pairs of rates that there is not too much evidence against, as a search by SciPy finds', () => {
    for (const { control, arm, alpha, difference } of fixture.rates) {
      const found = rateSequence(distributions, { control: rate(...control), arm: rate(...arm), alpha }).difference
      for (const end of [0, 1] as const)
        assert.ok(Math.abs(found[end] - difference[end]) < 1e-7, `${String(found)} ${String(difference)}`)
    }
  })

  test('is all there is before anything came', () => {
    const { difference, ratio } = rateSequence(distributions, { control: rate(0, 0), arm: rate(0, 0), alpha: 0.05 })
    assert.deepEqual(
      [difference, ratio],
      [
        [-1, 1],
        [0, Infinity]
      ]
    )
  })

  test('holds the rate that coins fall by, after every toss, in at least 1 - alpha of 500 series', () => {
    const random = generator(3)
    let lost = 0
    for (let run = 0; run < 500; run++) {
      let successes = 0
      let isHeld = true
      for (let n = 1; n <= 200 && isHeld; n++) {
        if (random() < 0.3) successes++
        const [low, high] = rateInterval(distributions, { n, successes }, 0.1)
        isHeld = low <= 0.3 && 0.3 <= high
      }
      if (!isHeld) lost++
    }
    assert.ok(lost <= 50, `${lost} of 500`)
  })
})

/** Whether an arm whose n requests all failed is called worse than a control that failed in 1 % of 1000. */
const isWorse = (n: number): boolean =>
  compareRates(distributions, { control: rate(10, 1000), arm: rate(n, n), alpha: 0.05 }).difference[0] > 0

describe('two rates compared', () => {
  test('an arm that fails always is called worse than one that fails in 1 % from the third request on', () => {
    assert.deepEqual([1, 2, 3, 4, 5, 6].map(isWorse), [false, false, true, true, true, true])
  })

  test('are as near together as the one-sided sequence says once there are thousands', () => {
    const pair = { control: rate(500, 10_000), arm: rate(600, 10_000), alpha: 0.05 }
    const [low, high] = compareRates(distributions, pair).difference
    const [exactLow, exactHigh] = rateSequence(distributions, pair).difference
    assert.ok(low > 0 && exactLow < 0 && high < exactHigh)
  })

  test('a ratio has no end above where control never failed', () => {
    assert.equal(
      compareRates(distributions, { control: rate(0, 500), arm: rate(3, 500), alpha: 0.05 }).ratio[1],
      Infinity
    )
  })

  test('1e9 requests are compared as well as 1e3', () => {
    const { difference, ratio } = compareRates(distributions, {
      control: rate(1e7, 1e9),
      arm: rate(1e7, 1e9),
      alpha: 0.05
    })
    assert.ok(difference[1] > 1e-6 && difference[1] < 1e-4 && ratio[0] < 1 && ratio[1] > 1)
    assert.ok(Math.abs(difference[0] + difference[1]) < 1e-12)
  })
})
