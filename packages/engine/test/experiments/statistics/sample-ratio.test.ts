import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { loadDistributions } from '../../../src/experiments/statistics/distributions.ts'
import { sampleRatio } from '../../../src/experiments/statistics/sample-ratio.ts'
import { fixture, near } from './fixtures.ts'
import { generator } from './simulation.ts'

const distributions = await loadDistributions()

describe('the test of the sample ratio', () => {
  test('is SciPy’s chi-square over the arms that have weight, to 1e-12', () => {
    for (const { observed, weights, ...expected } of fixture.sampleRatio) {
      const ratio = sampleRatio(distributions, observed, weights)!
      near(ratio.chiSquare, expected.chiSquare, 1e-12, 'chi-square')
      near(ratio.pValue, expected.pValue, 1e-12, 'p')
      assert.equal(ratio.degrees, expected.degrees)
    }
  })

  test('a unit in an arm without weight is a mismatch by itself', () => {
    assert.equal(sampleRatio(distributions, [5000, 5000, 1], [0.5, 0.5, 0])!.isMismatch, true)
  })

  test('says nothing without units, or of one arm alone', () => {
    assert.equal(sampleRatio(distributions, [0, 0], [0.5, 0.5]), null)
    assert.equal(sampleRatio(distributions, [10, 0], [1, 0]), null)
  })

  test('finds arms at 51 % and 49 % in place of 50 % each among 100,000 units', () => {
    // The chance to find it is 0.88 at 50,000 units and 0.9988 at 100,000: SciPy's noncentral chi-square, whose
    // noncentrality is 0.02^2 times the units, above 10.83.
    const random = generator(7)
    const alarms = Array.from({ length: 50 }, () => {
      let first = 0
      for (let unit = 0; unit < 100_000; unit++) if (random() < 0.51) first++
      return sampleRatio(distributions, [first, 100_000 - first], [0.5, 0.5])!.isMismatch
    })
    assert.ok(alarms.filter(Boolean).length >= 49)
  })
})
