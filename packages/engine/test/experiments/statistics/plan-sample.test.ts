import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { loadDistributions } from '../../../src/experiments/statistics/distributions.ts'
import { planSample, type SampleQuestion } from '../../../src/experiments/statistics/plan-sample.ts'
import { fixture } from './fixtures.ts'
import { converts, firstAlarms, significant } from './simulation.ts'

const distributions = await loadDistributions()

describe('how many units it takes', () => {
  test('for one look is what statsmodels says', async () => {
    for (const { question, all } of fixture.plans) {
      const asked = question as unknown as SampleQuestion
      const { control, arm } = (await planSample(asked)).fixed
      const share = asked.controlShare!
      assert.equal(control, Math.ceil(all * share))
      assert.equal(arm, Math.ceil(all * (1 - share)))
    }
  })

  test('for looks at any time is enough: of 200 experiments of that size 80 % find what is there, half of them much earlier', async () => {
    const { fixed, alwaysValid } = await planSample({ baseline: { rate: 0.1 }, effect: { relative: 0.2 } })
    const units = alwaysValid.control + alwaysValid.arm
    const alarm = significant(distributions, { kind: 'conversion', alpha: 0.05 })
    const found: number[] = []
    for (let seed = 0; seed < 200; seed++) {
      const draws = [converts(0.1), converts(0.12)] as const
      const [unit] = firstAlarms({ kind: 'conversion', draws, share: () => 0.5, units, seed }, [alarm], 8)
      if (unit !== undefined) found.push(unit)
    }
    found.sort((one, other) => one - other)
    assert.ok(found.length >= 0.8 * 200, `${found.length} of 200`)
    // (1.95996 + 0.84162)^2 * (0.09 + 0.1056) / 0.02^2, and with the sequence's 3.097 at 15,178 units in place of 1.96.
    assert.equal(fixed.arm, 3839)
    assert.ok(Math.abs(alwaysValid.arm - ((3.0971 + 0.84162) ** 2 * 0.1956) / 0.02 ** 2) < 5, `${alwaysValid.arm}`)
    assert.ok(found[100]! < 0.75 * units, `median ${found[100]}`)
  })

  test('more arms need more, by the alpha that each comparison has left', async () => {
    const question = { baseline: { mean: 10, standardDeviation: 4 }, effect: { relative: 0.05 } } as const
    const three = await planSample({ ...question, comparisons: 2 })
    const two = await planSample({ ...question, alpha: 0.025 })
    assert.deepEqual(three, two)
  })

  test('is never fewer than anything is said of', async () => {
    const { fixed, alwaysValid } = await planSample({
      baseline: { mean: 1, standardDeviation: 1 },
      effect: { absolute: 10 }
    })
    assert.equal(fixed.arm, 1)
    assert.equal(alwaysValid.arm, 100)
  })

  test('the chance of a false alarm may be as small as a double can be', async () => {
    const question = { baseline: { rate: 0.1 }, effect: { relative: 0.1 } }
    // SciPy: (norm.isf(alpha / 2) + norm.ppf(0.8)) ** 2 * (0.1 * 0.9 + 0.11 * 0.89) / 0.01 ** 2
    assert.equal((await planSample({ ...question, alpha: 1e-20 })).fixed.arm, 194_637)
    assert.equal((await planSample({ ...question, alpha: 1e-300 })).fixed.arm, 2_700_070)
  })

  test('what cannot be is refused by name', async () => {
    const baseline = { rate: 0.1 }
    const effect = { relative: 0.1 }
    const wrong: [SampleQuestion, RegExp][] = [
      [{ baseline: { rate: 1.2 }, effect }, /baseline.rate must be between 0 and 1, got 1.2/],
      [{ baseline, effect: { relative: 10 } }, /rate with the effect must be between 0 and 1, got 1.1/],
      [{ baseline, effect: { absolute: 0 } }, /effect must be a difference other than 0, got 0/],
      [{ baseline: { mean: 0, standardDeviation: 1 }, effect }, /effect must be a difference other than 0, got 0/],
      [{ baseline: { mean: 1, standardDeviation: 0 }, effect }, /standardDeviation must be a finite number > 0, got 0/],
      [{ baseline, effect, power: 0.4 }, /power must be at least 0.5, got 0.4/],
      [{ baseline, effect, power: 1 }, /power must be between 0 and 1, got 1/],
      [{ baseline, effect, alpha: 0 }, /alpha must be between 0 and 1, got 0/],
      [{ baseline, effect, controlShare: Number.NaN }, /controlShare must be between 0 and 1, got NaN/],
      [{ baseline, effect, comparisons: 0 }, /comparisons must be an integer >= 1, got 0/]
    ]
    for (const [question, message] of wrong)
      await assert.rejects(planSample(question), { code: 'MILL_OPTION_INVALID', message })
  })
})
