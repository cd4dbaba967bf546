import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { bestArmProbabilities, expectedLoss } from '../../../src/experiments/statistics/best-arm.ts'
import { loadDistributions } from '../../../src/experiments/statistics/distributions.ts'
import { type Posterior, posteriorsOf } from '../../../src/experiments/statistics/posterior.ts'
import { rateOf, type Sample } from '../../../src/experiments/statistics/sample.ts'
import { negated, thompsonWeights } from '../../../src/experiments/statistics/thompson-weights.ts'
import { fixture, near } from './fixtures.ts'

const distributions = await loadDistributions()

function posterior(kind: 'beta' | 'normal', [first, second]: readonly [number, number]): Posterior {
  return kind === 'beta' ? { kind, a: first, b: second } : { kind, mean: first, variance: second ** 2 }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** A mean of units with a standard deviation of 1. */
function meanOf(mean: number, n: number): Sample {
  return { n, mean, varianceOfMean: 1 / n, told: n, isRate: false }
}

describe('beliefs', () => {
  test('chance to win and expected loss are SciPy’s integrals to 1e-9 and 1e-7', () => {
    for (const { kind, control, arm, result } of fixture.beliefs) {
      const [ofControl, ofArm] = [posterior(kind, control), posterior(kind, arm)]
      const what = `${kind} ${String(arm)} against ${String(control)}`
      near(bestArmProbabilities(distributions, [ofControl, ofArm])[1], result[0], 1e-9, what)
      near(expectedLoss(distributions, ofArm, ofControl), result[1], 1e-7, what)
    }
  })

  test('chances of any number of arms are SciPy’s integrals to 1e-9, also where one is a thousand times surer than another', () => {
    for (const { kind, arms, chances } of fixture.bestArm) {
      const found = bestArmProbabilities(
        distributions,
        arms.map(arm => posterior(kind, arm))
      )
      for (const [index, chance] of chances.entries()) assert.ok(Math.abs(found[index]! - chance) < 1e-9)
    }
  })

  test('the uniform prior of a rate gives what Bayes found: (s + 1) / (n + 2)', () => {
    assert.deepEqual(posteriorsOf([rateOf(3, 10), rateOf(0, 0.5 * 8)]), [
      { kind: 'beta', a: 4, b: 8 },
      { kind: 'beta', a: 1, b: 5 }
    ])
  })

  test('the prior of a mean weighs as much as a ten-thousandth of a unit', () => {
    const [first] = posteriorsOf([meanOf(3, 1), meanOf(3, 1)])!
    assert.ok(first?.kind === 'normal')
    near(first.mean, 3, 1e-12)
    near(first.variance, 1 / (1 + 1e-4), 1e-12)
  })

  test('of arms without units, or where nothing varies, nothing is believed', () => {
    assert.equal(posteriorsOf([undefined, rateOf(1, 2)]), undefined)
    assert.equal(posteriorsOf([meanOf(1, 5), { ...meanOf(1, 5), varianceOfMean: 0 }]), undefined)
  })
})

describe('weights of a bandit', () => {
  test('are the chances to be best, above the floor, and 1 in all', () => {
    const samples = [meanOf(0, 200), meanOf(0.1, 200), meanOf(-3, 200)]
    const { weights, probabilities } = thompsonWeights(distributions, { samples, goal: 'increase' })!
    near(sum(weights), 1, 1e-12)
    for (const [arm, weight] of weights.entries()) near(weight, 0.01 + 0.97 * probabilities[arm]!, 1e-12)
    assert.equal(weights[2], 0.01)
    // The difference of the first two has a standard deviation of sqrt(2 / 200) = 0.1.
    near(probabilities[1], distributions.normalCdf(1), 1e-4)
  })

  test('stay where they are while any arm has fewer units than asked for', () => {
    const samples = [rateOf(50, 100), rateOf(10, 99)]
    assert.equal(thompsonWeights(distributions, { samples, goal: 'increase' }), undefined)
    assert.notEqual(thompsonWeights(distributions, { samples, goal: 'increase', minUnits: 99 }), undefined)
  })

  test('go to the arm with less where less is better', () => {
    const samples = [rateOf(100, 1000), rateOf(50, 1000)]
    const more = thompsonWeights(distributions, { samples, goal: 'increase' })!.weights
    const less = thompsonWeights(distributions, { samples, goal: 'decrease' })!.weights
    assert.ok(more[0]! > 0.98 && less[1]! > 0.98)
  })

  test('are even where the floor leaves nothing to give', () => {
    const samples = [rateOf(100, 1000), rateOf(50, 1000)]
    assert.deepEqual(thompsonWeights(distributions, { samples, goal: 'increase', floor: 0.6 })!.weights, [0.5, 0.5])
  })

  test('to be the lowest of arms is to be the highest of what they are not', () => {
    const chances = bestArmProbabilities(distributions, [
      negated({ kind: 'beta', a: 11, b: 91 }),
      negated({ kind: 'beta', a: 16, b: 86 })
    ])
    near(chances[0], fixture.beliefs[1]!.result[0], 1e-9)
  })
})
