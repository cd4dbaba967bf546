import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LastValue } from '../src/last-value.ts'
import { lifetimeMetrics } from '../src/metric-restorers.ts'
import { restore } from '../src/restorers.ts'
import { Mae } from '../src/mean-errors.ts'
import { metricFromState } from '../src/metric-from-state.ts'
import { R2 } from '../src/r2.ts'
import { Rolling } from '../src/rolling.ts'

test('finds out which metric a state holds', () => {
  assert.ok(metricFromState(new R2().toState()) instanceof R2)
  assert.ok(metricFromState(new Rolling(new Mae(), 3).toState()) instanceof Rolling)
  assert.ok(restore(lifetimeMetrics, new Mae().toState()) instanceof Mae)
})

test('refuses the state of something else', () => {
  const code = 'MILL_STATE_INVALID'
  assert.throws(() => metricFromState(new LastValue().toState()), { code })
  assert.throws(() => restore(lifetimeMetrics, new Rolling(new Mae(), 3).toState()), { code })
  assert.throws(() => metricFromState(new Uint8Array(20)), { code })
})
