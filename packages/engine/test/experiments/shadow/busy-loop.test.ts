import assert from 'node:assert/strict'
import type { EventLoopUtilization } from 'node:perf_hooks'
import { test } from 'node:test'
import { busyLoop } from '../../../src/experiments/shadow/busy-loop.ts'

test('a thread is busy when it was at work for nearly all of the last half second', () => {
  let now = 0
  let active = 0
  const utilization = (since?: EventLoopUtilization): EventLoopUtilization => {
    const [activeSince, idleSince] = [active - (since?.active ?? 0), now - active - (since?.idle ?? 0)]
    return { active: activeSince, idle: idleSince, utilization: activeSince / (activeSince + idleSince) }
  }
  const isBusy = busyLoop(() => now, utilization)
  assert.equal(isBusy(), false)
  ;[now, active] = [1000, 900]
  assert.equal(isBusy(), true)
  // Within half a second nobody looks again.
  ;[now, active] = [1400, 900]
  assert.equal(isBusy(), true)
  ;[now, active] = [2000, 1700]
  assert.equal(isBusy(), false)
})
