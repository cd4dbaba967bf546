import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { guardChecks } from '../../../src/experiments/canary/guard-checks.ts'
import type { StepTallies } from '../../../src/experiments/canary/guarded-steps.ts'
import { standardMeans, stratifiedBounds } from '../../../src/experiments/canary/stratified-evidence.ts'
import type { CanaryPlan, Guard, Metric } from '../../../src/experiments/experiment.ts'
import type { ArmTally, MetricTally } from '../../../src/experiments/ledger/ledger.ts'
import { type Distributions, loadDistributions } from '../../../src/experiments/statistics/distributions.ts'
import { rateOf } from '../../../src/experiments/statistics/sample.ts'

let distributions: Distributions
before(async () => {
  distributions = await loadDistributions()
})

function planOf(guard: Guard): CanaryPlan {
  return {
    model: 'm',
    alias: 'default',
    candidate: '2',
    steps: [{ share: 0.5, minRequests: 1, minSeconds: 0 }],
    guards: [guard],
    alpha: 0.05,
    intervalSeconds: 1,
    maxRequests: 1000
  }
}

function tally(more: Partial<ArmTally> & { metric?: Partial<MetricTally> }): ArmTally {
  const { metric, ...rest } = more
  const none = { units: 0, count: 0, sum: 0, sumSquares: 0, countSquares: 0, products: 0 }
  return {
    units: 0,
    givenUnits: 0,
    requests: 0,
    cached: 0,
    failures: 0,
    fallbacks: 0,
    latency: { count: 0, sumMs: 0, sumLog: 0, sumLogSquares: 0, histogram: [] },
    metrics: new Map(metric === undefined ? [] : [['q', { ...none, ...metric }]]),
    ...rest
  }
}

function check(guard: Guard, steps: readonly StepTallies[], metrics: readonly Metric[] = []) {
  return guardChecks(distributions, { plan: planOf(guard), metrics, steps })[0]!
}

/** Requests with this mean of the logarithms of their milliseconds, and a variance of a quarter. */
function timed(count: number, log: number): ArmTally {
  const latency = { count, sumMs: 0, sumLog: count * log, sumLogSquares: count * (log ** 2 + 0.25), histogram: [] }
  return tally({ requests: count, latency })
}

/** 4000 predictions with labels, so many of them right. */
function labelled(right: number): ArmTally {
  const metric = { units: 4000, count: 4000, sum: right, sumSquares: right, countSquares: 4000, products: right }
  return tally({ units: 4000, metric })
}

/** 1000 units with this mean and a variance of 1. */
function valued(mean: number): ArmTally {
  const [n, sum] = [1000, 1000 * mean]
  const metric = { units: n, count: n, sum, sumSquares: n * (mean ** 2 + 1), countSquares: n, products: sum }
  return tally({ units: n, metric })
}

const errorRate: Guard = { measure: 'error_rate', tolerance: 0.01, isRelative: false }

test('what differs only because shares changed while failures became more is no difference', () => {
  // First a twentieth of the traffic and 1 % failures, then a half and 10 %: pooled, 9.6 % against 4.1 %.
  const steps = [
    { canary: tally({ requests: 990, failures: 10 }), control: tally({ requests: 18_810, failures: 190 }) },
    { canary: tally({ requests: 9000, failures: 1000 }), control: tally({ requests: 9000, failures: 1000 }) }
  ]
  const { canary, control, harm, says } = check(errorRate, steps)
  assert.equal(canary, control)
  assert.deepEqual([harm, says], [0, 'unsure'])
})

test('strata weigh by how well they tell the two apart', () => {
  // n1 n2 / (n1 + n2) is 50 and 150: a quarter of 0.2 - 0.1, and three quarters of 0.4 - 0.2.
  const strata = [
    { canary: rateOf(20, 100)!, control: rateOf(10, 100)! },
    { canary: rateOf(80, 200)!, control: rateOf(120, 600)! }
  ]
  const means = standardMeans(strata)!
  assert.ok(Math.abs(means.canary - 0.35) < 1e-12 && Math.abs(means.control - 0.175) < 1e-12)
  const [low, high] = stratifiedBounds(distributions, strata, { factor: 1, alpha: 0.05 })!
  assert.ok(Math.abs((low + high) / 2 - 0.175) < 1e-12)
})

test('a few failures of many say nothing, every request failing says all', () => {
  const control = tally({ requests: 95 })
  assert.equal(check(errorRate, [{ canary: tally({ requests: 4, failures: 1 }), control }]).says, 'unsure')
  assert.equal(check(errorRate, [{ canary: tally({ failures: 5 }), control }]).says, 'breach')
})

test('answers from the cache are no proof of a version, which cannot fail them', () => {
  const steps = [
    {
      canary: tally({ requests: 900, failures: 100 }),
      control: tally({ requests: 90_900, cached: 90_000, failures: 100 })
    }
  ]
  const { canary, control } = check(errorRate, steps)
  assert.deepEqual([canary, control], [0.1, 0.1])
})

test('a tolerance relative to next to no failures lets half a percentage point pass', () => {
  const guard = { measure: 'error_rate', tolerance: 0.1, isRelative: true }
  const flawless = tally({ requests: 20_000 })
  const { tolerance, says } = check(guard, [{ canary: flawless, control: flawless }])
  assert.deepEqual([tolerance, says], [0.005, 'pass'])
  const failing = tally({ requests: 8000, failures: 2000 })
  assert.equal(check(guard, [{ canary: failing, control: failing }]).tolerance, 0.1 * 0.2)
})

test('harm of latency is the share by which typical times are longer', () => {
  const steps = [{ canary: timed(5000, Math.log(24)), control: timed(5000, Math.log(20)) }]
  const { canary, control, harm, says } = check({ measure: 'latency', tolerance: 0.1, isRelative: true }, steps)
  assert.deepEqual(
    [canary!.toFixed(6), control!.toFixed(6), harm!.toFixed(6), says],
    ['24.000000', '20.000000', '0.200000', 'breach']
  )
})

test('less is harm where more is better, and more where less is', () => {
  const steps = [{ canary: labelled(2880), control: labelled(3600) }]
  const guard = { measure: 'q', tolerance: 0.1, isRelative: true }
  const up = check(guard, steps, [{ name: 'q', kind: 'accuracy', goal: 'increase' }])
  assert.deepEqual([up.harm!.toFixed(9), up.says], ['0.200000000', 'breach'])
  const down = check(guard, steps, [{ name: 'q', kind: 'error', goal: 'decrease' }])
  assert.deepEqual([down.harm!.toFixed(9), down.says], ['-0.200000000', 'pass'])
})

/** Units with one label each, so many of them right. */
function judged(units: number, right: number): ArmTally {
  const metric = { units, count: units, sum: right, sumSquares: right, countSquares: units, products: right }
  return tally({ units, metric })
}

const accuracy: Metric = { name: 'q', kind: 'accuracy', goal: 'increase' }
const tenPerCent: Guard = { measure: 'q', tolerance: 0.1, isRelative: true }

test('two versions that are always right are as good as each other, though nothing varies to tell it by', () => {
  const few = check(tenPerCent, [{ canary: judged(10, 10), control: judged(10, 10) }], [accuracy])
  assert.equal(few.says, 'unsure')
  const steps = [{ canary: judged(300, 300), control: judged(300, 300) }]
  const { canary, control, harm, interval, says } = check(tenPerCent, steps, [accuracy])
  assert.deepEqual([canary, control, Math.abs(harm!), says], [1, 1, 0, 'pass'])
  assert.ok(interval![0] <= 0 && interval![1] >= 0 && interval![1] < 0.1)
  const absolute = check({ ...tenPerCent, isRelative: false }, steps, [accuracy])
  assert.equal(absolute.says, 'pass')
})

test('what is wrong each time is found by a few labels', () => {
  const control = judged(100, 95)
  assert.equal(check(tenPerCent, [{ canary: judged(2, 0), control }], [accuracy]).says, 'unsure')
  assert.equal(check(tenPerCent, [{ canary: judged(12, 0), control }], [accuracy]).says, 'breach')
})

test('nothing is said relative to a control that is never right', () => {
  const steps = [{ canary: judged(3000, 0), control: judged(3000, 0) }]
  assert.equal(check(tenPerCent, steps, [accuracy]).says, 'unsure')
})

test('a metric that nobody tells has no data, whatever was served', () => {
  const served = tally({ units: 1000, requests: 1000 })
  const conversion: Metric = { name: 'q', kind: 'conversion', goal: 'increase' }
  const guard = { measure: 'q', tolerance: 0.1, isRelative: true }
  assert.equal(check(guard, [{ canary: served, control: served }], [conversion]).says, 'no data')
})

test('relative to a control that may as well be 0 nothing is said', () => {
  const guard = { measure: 'q', tolerance: 0.1, isRelative: true }
  const value: Metric = { name: 'q', kind: 'mean', goal: 'increase' }
  assert.equal(check(guard, [{ canary: valued(-2), control: valued(0.01) }], [value]).says, 'unsure')
  assert.equal(
    check({ ...guard, isRelative: false }, [{ canary: valued(-2), control: valued(0.01) }], [value]).says,
    'breach'
  )
})
