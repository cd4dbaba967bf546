import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { loadDistributions } from '../../../src/experiments/statistics/distributions.ts'
import { fixture, near } from './fixtures.ts'

const distributions = await loadDistributions()

describe('distributions agree with SciPy', () => {
  test('tails of Student’s t to 1e-11, also where degrees are not whole or very many', () => {
    for (const [t, degrees, expected] of fixture.distributions.studentSurvival)
      near(distributions.studentSurvival(t!, degrees!), expected!, 1e-11, `t ${t}, ${degrees} degrees`)
  })

  test('quantiles of Student’s t to 1e-12', () => {
    for (const [p, degrees, expected] of fixture.distributions.studentQuantile)
      near(distributions.studentQuantile(p!, degrees!), expected!, 1e-12, `p ${p}, ${degrees} degrees`)
  })

  test('the normal distribution to 1e-12, far into its tail', () => {
    for (const [x, expected] of fixture.distributions.normalCdf)
      near(distributions.normalCdf(x!), expected!, 1e-12, `${x}`)
  })

  test('chi-square to 1e-12', () => {
    for (const [x, degrees, expected] of fixture.distributions.chiSquareSurvival)
      near(distributions.chiSquareSurvival(x!, degrees!), expected!, 1e-12, `${x}, ${degrees} degrees`)
  })

  test('beta distributions to 1e-10', () => {
    for (const [x, a, b, expected] of fixture.distributions.betaCdf)
      near(distributions.betaCdf(x!, a!, b!), expected!, 1e-10, `${x}, ${a}, ${b}`)
  })

  test('what is too small for a number is 0, and nothing is thrown', () => {
    assert.equal(distributions.normalCdf(-1e6), 0)
    assert.equal(distributions.normalCdf(1e6), 1)
    assert.equal(distributions.normalCdf(158_254.55891230426), 1)
    assert.equal(distributions.chiSquareSurvival(1e6, 3), 0)
    assert.equal(distributions.studentSurvival(1e300, 1e9), 0)
    assert.equal(distributions.betaCdf(1e-300, 1e9, 1), 0)
    assert.deepEqual([distributions.betaCdf(-1, 2, 3), distributions.betaCdf(2, 2, 3)], [0, 1])
  })
})
