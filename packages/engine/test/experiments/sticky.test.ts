import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { firstAllocation, reallocate, tableOf } from '../../src/experiments/allocation.ts'
import { bucketOf, fnv1a } from '../../src/experiments/growthbook-hash.ts'
import { draft, experimentSetup, given } from './experiment-setup.ts'

const change = fc.record({
  weight: fc.constantFrom(0, 0.2, 0.5, 0.8, 1),
  coverage: fc.constantFrom(0, 0.3, 0.7, 1),
  coming: fc.array(fc.nat({ max: 60 }), { maxLength: 15 })
})

/** Whether an experiment is the only one that decides, or another one decides about whom it leaves. */
for (const isAlone of [true, false]) {
  test(`a sticky experiment ${isAlone ? 'by itself' : 'beside another'} keeps every unit, whatever weights become`, async t => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async changes => {
        const { experiments, ask, server, time } = await experimentSetup(t)
        await server.moveAlias('m', 'default', 'v3')
        await experiments.create({ ...draft, isSticky: true, seed: 's' })
        await experiments.start('e')
        time.pass(1)
        if (!isAlone) {
          await experiments.create({
            ...draft,
            id: 'other',
            arms: [
              { version: 'v3', weight: 1 },
              { version: 'v1', weight: 0 }
            ]
          })
          await experiments.start('other')
        }
        const had = new Map<string, string>()
        let allocation = firstAllocation([0.5, 0.5], 1)
        for (const { weight, coverage, coming } of changes) {
          const weights = [weight, 1 - weight]
          const arms = ['v1', 'v2'].map((version, index) => ({ version, weight: weights[index] }))
          await experiments.change('e', { arms, coverage })
          allocation = reallocate(allocation, weights, coverage)
          for (const number of coming) {
            const unit = `u${number}`
            const { route } = await ask(given(unit))
            const byBucket = ['v1', 'v2'][tableOf(allocation)[bucketOf(fnv1a('s'), unit)]!]
            const arm = had.get(unit) ?? byBucket
            assert.equal(route.assignment?.experiment, arm === undefined ? (isAlone ? undefined : 'other') : 'e')
            if (arm === undefined) continue
            had.set(unit, arm)
            assert.deepEqual([route.version, route.reason], [arm, arm === byBucket ? 'experiment' : 'sticky'])
            const told = await experiments.assignment('e', unit)
            assert.deepEqual([told.arm, told.reason], [arm, route.reason])
          }
        }
      }),
      { numRuns: 25 }
    )
  })
}
