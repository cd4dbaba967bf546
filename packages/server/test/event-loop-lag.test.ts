import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Registry } from 'prom-client'
import { type DelayMonitor, registerEventLoopLag } from '../src/event-loop-lag.ts'

test('every scraper of a window sees the same delays, and a window lasts at least 30 seconds', async () => {
  const registry = new Registry()
  let time = 0
  let resets = 0
  const measured = { min: 1e9, max: 4e9, mean: 2e9, stddev: 5e8 }
  const delays: DelayMonitor = { ...measured, percentile: percentile => percentile * 1e9, reset: () => void resets++ }
  registerEventLoopLag(registry, { delays, now: () => time })
  const scrape = async () => {
    const metrics = await registry.getMetricsAsJSON()
    return Object.fromEntries(
      metrics.map(({ name, values }) => [
        name.replace(/^nodejs_eventloop_lag_(.+)_seconds$/, '$1'),
        (values as { value: number }[])[0]!.value
      ])
    )
  }
  const first = { min: 1, max: 4, mean: 2, stddev: 0.5, p50: 50, p90: 90, p99: 99 }
  assert.deepEqual(await scrape(), first)
  Object.assign(delays, { max: 8e9 })
  time = 29_999
  assert.deepEqual(await scrape(), first)
  assert.equal(resets, 1)
  time = 30_000
  assert.deepEqual(await scrape(), { ...first, max: 8 })
  assert.equal(resets, 2)
})

test('before anything is measured the delays are 0', async () => {
  const registry = new Registry()
  const nothing = { min: 2 ** 63, max: 0, mean: Number.NaN, stddev: Number.NaN }
  registerEventLoopLag(registry, { delays: { ...nothing, percentile: () => 0, reset: () => undefined } })
  const text = await registry.metrics()
  assert.equal(text.match(/^nodejs_eventloop_lag_\w+ 0$/gm)?.length, 7)
})
