import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { type Distributions, loadDistributions } from '../../../src/experiments/statistics/distributions.ts'
import { type Behaviour, type Ending, play, type World } from './canary-simulation.ts'

let distributions: Distributions
before(async () => {
  distributions = await loadDistributions()
})

const shares = (minSeconds: number): { share: number; minSeconds: number }[] =>
  [0.05, 0.25, 0.5].map(share => ({ share, minSeconds }))

const usual: Behaviour = { errors: 0.2, ms: 20 }

const drift = (second: number): number => 1 + second / 50

/** The verdicts of so many canaries, each with a seed of its own. */
function verdicts(world: World, runs: number): Ending['verdict'][] {
  return Array.from({ length: runs }, (_, index) => play(distributions, world, index + 1).verdict)
}

function count(all: readonly Ending['verdict'][], wanted: Ending['verdict']): number {
  return all.filter(verdict => verdict === wanted).length
}

test('a candidate that is as good is promoted, also while failures and latency grow with time', () => {
  const world = { control: usual, canary: usual, requests: 2000, plan: { steps: shares(2) } }
  assert.equal(count(verdicts(world, 100), 'promoted'), 100)
  assert.equal(count(verdicts({ ...world, drift }, 100), 'promoted'), 100)
})

test('where nothing fails at all a candidate that is as good is promoted within 5000 requests', () => {
  const flawless = { errors: 0, ms: 20 }
  const world = { control: flawless, canary: flawless, requests: 500, plan: { steps: shares(2) } }
  for (let seed = 1; seed <= 50; seed++) {
    const { verdict, requests } = play(distributions, world, seed)
    assert.deepEqual([verdict, requests < 5000], ['promoted', true])
  }
})

test('one that does just as much harm as is let pass is rolled back in no more than alpha of 300 rollouts', () => {
  // The hardest case: with any less harm it is rarer still. A look every second, until somebody has to decide.
  const canary = { errors: 0.22, ms: 22 }
  const world = { control: usual, canary, requests: 400, plan: { steps: shares(5), maxRequests: 3000 } }
  const all = verdicts(world, 300)
  assert.ok(count(all, 'rolled back') <= 0.05 * 300, `${count(all, 'rolled back')} were rolled back`)
  assert.ok(count(all, 'promoted') <= 0.05 * 300, `${count(all, 'promoted')} were promoted`)
})

const worse: readonly [name: string, control: Behaviour, canary: Behaviour][] = [
  ['fails 20 % more often', usual, { ...usual, errors: 0.24 }],
  ['takes 20 % longer', usual, { ...usual, ms: 24 }],
  ['is right 20 % less often', { ...usual, accuracy: 0.9 }, { ...usual, accuracy: 0.72 }],
  ['converts 20 % less often', { ...usual, conversion: 0.3 }, { ...usual, conversion: 0.24 }]
]

for (const [name, control, canary] of worse) {
  test(`a candidate that ${name} is rolled back`, () => {
    const all = verdicts({ control, canary, requests: 2000, plan: { steps: shares(2) } }, 60)
    assert.equal(count(all, 'rolled back'), 60)
  })
}

test('a candidate whose every request fails is rolled back within seconds, with 15 failures at most', () => {
  for (const requests of [10, 100]) {
    const world = { control: { errors: 0.01, ms: 20 }, canary: { errors: 1, ms: 20 }, requests }
    for (let seed = 1; seed <= 50; seed++) {
      const { verdict, seconds, failures } = play(distributions, world, seed)
      // At ten requests a second one in two seconds is the candidate's.
      const isQuick = failures <= 15 && seconds <= (requests === 10 ? 30 : 5)
      assert.deepEqual([verdict, isQuick], ['rolled back', true], `${failures} failures in ${seconds} s`)
    }
  }
})
