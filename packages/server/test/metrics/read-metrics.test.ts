import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Histogram, Registry } from 'prom-client'
import { DurationTally } from '../../src/metrics/duration-tally.ts'
import { registerDurations, registerValues } from '../../src/metrics/read-metrics.ts'

const bounds = [0.001, 0.01, 0.1, 1]

test('a tally of durations reads as the histogram of prom-client does', async () => {
  const durations = fc.array(fc.oneof(fc.constantFrom(...bounds), fc.double({ min: 0, max: 3, noNaN: true })))
  await fc.assert(
    fc.asyncProperty(durations, async seconds => {
      const theirs = new Registry()
      const histogram = new Histogram({
        name: 'x_seconds',
        help: 'x',
        labelNames: ['model'],
        buckets: bounds,
        registers: [theirs]
      })
      const ours = new Registry()
      const tally = new DurationTally(bounds)
      registerDurations(ours, { name: 'x_seconds', help: 'x' }, () => [[{ model: 'm' }, tally]])
      histogram.zero({ model: 'm' })
      for (const each of seconds) {
        histogram.observe({ model: 'm' }, each)
        tally.observe(each)
      }
      assert.equal(await ours.metrics(), await theirs.metrics())
    }),
    { numRuns: 50 }
  )
})

test('two tallies together count what both did', () => {
  const [one, other] = [new DurationTally(bounds), new DurationTally(bounds)]
  for (const seconds of [0.0005, 0.05]) one.observe(seconds)
  for (const seconds of [0.05, 5]) other.observe(seconds)
  one.add(other)
  assert.deepEqual(one.cumulative(), [1, 1, 3, 3])
  assert.equal(one.count, 4)
  assert.ok(Math.abs(one.sum - 5.1005) < 1e-12)
})

test('values are read when they are asked for', async () => {
  const registry = new Registry()
  let value = 1
  registerValues(registry, 'gauge', { name: 'y', help: 'y' }, () => [[{ version: 'v"1' }, value]])
  value = 2
  assert.equal(await registry.metrics(), '# HELP y y\n# TYPE y gauge\ny{version="v\\"1"} 2\n')
})
