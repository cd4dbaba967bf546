import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { firstAllocation, tableOf, weightsOf } from '../../../src/experiments/allocation.ts'
import { reweighted } from '../../../src/experiments/bandit/reweighted.ts'
import { type Distributions, loadDistributions } from '../../../src/experiments/statistics/distributions.ts'
import { experimentSetup, given } from '../experiment-setup.ts'
import { adaptiveRecord, type Finish, race, type Race, tallyOf } from './bandit-simulation.ts'

let distributions: Distributions
before(async () => {
  distributions = await loadDistributions()
})

const two: Race = { rates: [0.1, 0.13], unitsPerLook: 200, looks: 100 }

function races(of: Race, runs: number): Finish[] {
  return Array.from({ length: runs }, (_, seed) => race(distributions, of, seed + 1))
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

test('the best arm gets most units, and less is missed than by equal shares', () => {
  const adaptive = races(two, 20)
  // Of equal shares, half of 20,000 units miss 0.03: 300 conversions.
  const fixed = mean(races({ ...two, isAdaptive: false }, 5).map(({ regret }) => regret))
  assert.ok(Math.abs(fixed - 300) < 10)
  const regret = mean(adaptive.map(one => one.regret))
  assert.ok(regret < 0.4 * fixed, `${regret} of ${fixed}`)
  assert.ok(mean(adaptive.map(({ shares }) => shares[1]!)) > 0.8)
  assert.ok(adaptive.every(({ weights }) => weights[1]! > 0.5))
})

test('of five arms the best gets most, and none ever less than the floor', () => {
  const five = { rates: [0.1, 0.1, 0.1, 0.1, 0.15], unitsPerLook: 300, looks: 100, floor: 0.03 }
  for (const { weights, least } of races(five, 6)) {
    assert.ok(weights[4]! > 0.6, `the best has ${weights[4]}`)
    // A bucket is 0.0001 of all.
    assert.ok(least >= 0.03 - 0.0001, `an arm had ${least}`)
  }
})

test('outcomes that are told twenty looks late do no harm but that of the time', () => {
  const late = races({ ...two, delay: 20 }, 12)
  const regret = mean(late.map(one => one.regret))
  assert.ok(regret < 0.7 * 300, `${regret} of 300`)
  assert.ok(late.filter(({ weights }) => weights[1]! > 0.5).length >= 11)
})

test('weights stay while an arm has too few units, and where they would hardly move', () => {
  const record = adaptiveRecord(2)
  const numbers = { distributions, now: 1 }
  assert.equal(reweighted(record, { ...numbers, tally: tallyOf([99, 5000], [0, 2500]) }), record)
  // Equal arms: each is the best with a chance of a half.
  assert.equal(reweighted(record, { ...numbers, tally: tallyOf([1000, 1000], [100, 100]) }), record)
  assert.notEqual(reweighted(record, { ...numbers, tally: tallyOf([1000, 1000], [100, 120]) }), record)
})

test('weights stay where there are no buckets, or too few to divide them more finely', () => {
  const numbers = { distributions, now: 1, tally: tallyOf([1000, 1000], [100, 120]) }
  const { definition, ...rest } = adaptiveRecord(2)
  const none = { ...rest, definition: { ...definition, coverage: 0 }, allocation: [] }
  assert.equal(reweighted(none, numbers), none)
  // Ten buckets: 0.92 and 0.08 come to nine and one.
  const few = {
    ...rest,
    definition: { ...definition, coverage: 0.001 },
    allocation: firstAllocation([0.5, 0.5], 0.001)
  }
  const divided = reweighted(few, numbers)
  assert.deepEqual(weightsOf(divided.allocation, 2), [0.1, 0.9])
  assert.equal(reweighted(divided, numbers), divided)
})

test('as few buckets move as weights change by, and the history has the numbers', () => {
  const record = adaptiveRecord(2)
  const changed = reweighted(record, { distributions, now: 5, tally: tallyOf([1000, 1000], [100, 120]) })
  const [old, after] = [tableOf(record.allocation), tableOf(changed.allocation)]
  const moved = old.reduce((count, arm, bucket) => count + Number(arm !== after[bucket]), 0)
  const [first, second] = weightsOf(changed.allocation, 2)
  assert.equal(moved, Math.round((second! - 0.5) * 10_000))
  const { at, what, details } = changed.history.at(-1)!
  assert.deepEqual([at, what, details['before'], details['weights']], [5, 'reweighted', [0.5, 0.5], [first, second]])
  assert.deepEqual(details['arms'], [
    { arm: 'v0', units: 1000, value: 0.1 },
    { arm: 'v1', units: 1000, value: 0.12 }
  ])
  // The chance that Beta(121, 881) is above Beta(101, 901), by SciPy: 0.9231834.
  const [, chance] = details['probabilities'] as number[]
  assert.ok(Math.abs(chance! - 0.9231834) < 1e-6, String(chance))
})

test('entries about weights do not push others out of the history', () => {
  let record = adaptiveRecord(2)
  for (let look = 0; look < 300; look++) {
    const tally = look % 2 === 0 ? tallyOf([1000, 1000], [100, 140]) : tallyOf([1000, 1000], [140, 100])
    record = reweighted(record, { distributions, now: look, tally })
  }
  assert.equal(record.history.length, 101)
  assert.deepEqual([record.history[0]!.what, record.history.at(-1)!.at], ['created', 299])
})

test('a running experiment follows what feedback tells, at its interval, and units stay with their arms', async t => {
  const { experiments, ask, time } = await experimentSetup(t)
  await experiments.create({
    id: 'e',
    model: 'm',
    strategy: 'weighted',
    weighting: 'thompson',
    arms: [{ version: 'v1' }, { version: 'v2' }],
    bandit: { minUnits: 100, intervalSeconds: 10 }
  })
  await experiments.start('e')
  const arms = new Map<string, string>()
  for (let unit = 0; unit < 400; unit++) {
    const { route } = await ask(given(`u${unit}`))
    arms.set(`u${unit}`, route.version)
    if (route.version === 'v2' && unit % 2 === 0) {
      const outcome = { experiment: 'e', unit: `u${unit}`, requestId: undefined, metric: 'conversion', value: 1 }
      await experiments.feedback({ ...outcome, id: `o${unit}` })
    }
  }
  time.pass(12_000)
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
  const { weights, history } = experiments.get('e')
  assert.equal(history.at(-1)!.what, 'reweighted')
  assert.ok(weights[1]! > 0.98, String(weights))
  for (const [unit, version] of arms) assert.equal((await ask(given(unit))).route.version, version)
})
