import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Gauge, type Registry } from 'prom-client'

/** Delays of the event loop in nanoseconds since the last reset: `monitorEventLoopDelay` of Node.js. */
export interface DelayMonitor {
  readonly min: number
  readonly max: number
  readonly mean: number
  readonly stddev: number
  percentile(percentile: number): number
  reset(): void
}

/** The shortest time the figures are about. No scraper that comes at least this often misses a window. */
const windowMs = 30_000

const figures: Record<string, { help: string; of: (delays: DelayMonitor) => number }> = {
  min: { help: 'Shortest', of: delays => delays.min },
  max: { help: 'Longest', of: delays => delays.max },
  mean: { help: 'Mean', of: delays => delays.mean },
  stddev: { help: 'Standard deviation of the', of: delays => delays.stddev },
  p50: { help: 'Median', of: delays => delays.percentile(50) },
  p90: { help: '90th percentile of the', of: delays => delays.percentile(90) },
  p99: { help: '99th percentile of the', of: delays => delays.percentile(99) }
}

/**
 * Registers `nodejs_eventloop_lag_min_seconds` and so on, under the names of prom-client. Unlike there, several scrapers
 * see the same: figures are those of the last whole window, and a window is not over before {@link windowMs}.
 */
export function registerEventLoopLag(
  registry: Registry,
  { delays = startedMonitor(), now = () => performance.now() }: { delays?: DelayMonitor; now?: () => number } = {}
): void {
  const gauges = Object.entries(figures).map(([name, { help, of }]) => ({
    of,
    gauge: new Gauge({
      name: `nodejs_eventloop_lag_${name}_seconds`,
      help: `${help} event loop delay over the latest window of at least ${windowMs / 1000} seconds.`,
      registers: [registry],
      collect: turnWindow
    })
  }))
  let windowEnds = now()
  function turnWindow(): void {
    if (now() < windowEnds) return
    windowEnds = now() + windowMs
    // A monitor that has measured nothing yet has a minimum of 2^63 and a mean of NaN.
    for (const { gauge, of } of gauges) gauge.set(delays.max === 0 ? 0 : of(delays) / 1e9)
    delays.reset()
  }
}

function startedMonitor(): DelayMonitor {
  const monitor = monitorEventLoopDelay({ resolution: 10 })
  monitor.enable()
  return monitor
}
