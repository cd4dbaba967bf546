import { Counter, Gauge, type Registry } from 'prom-client'

/** How the storage of the series is at this moment. */
export interface SeriesStorage {
  /** Where the next value will be kept: `redis` or `sqlite`. */
  storage: string
  /** Undefined when no Redis is configured. */
  redis?: RedisState | undefined
}

/** How it stands with a Redis that is configured; counts are since the process began. */
export interface RedisState {
  isConnected: boolean
  errors: number
  /** Values added to the embedded store because Redis was away. */
  fallbackAdds: number
  /** Of those, the ones that Redis has got since. */
  reconciled: number
  /** Values that Redis does not have yet. */
  unreconciled: number
}

/** Registers what `GET /metrics` of the feature service tells of Redis: nothing when none is configured. */
export function registerRedisMetrics(registry: Registry, read: () => SeriesStorage): void {
  if (read().redis === undefined) return
  const state = (): RedisState => read().redis!
  const registers = [registry]
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name: `millrace_${name}`,
      help,
      registers,
      collect() {
        this.set(value())
      }
    })
  const counter = (name: string, help: string, value: () => number) =>
    new Counter({
      name: `millrace_${name}_total`,
      help,
      registers,
      collect() {
        this.reset()
        this.inc(value())
      }
    })
  gauge('redis_connected', '1 while Redis answers, 0 while it is away.', () => (state().isConnected ? 1 : 0))
  counter('redis_errors', 'Commands and connections to Redis that failed.', () => state().errors)
  counter(
    'series_fallback_adds',
    'Values kept in the embedded store because Redis was away.',
    () => state().fallbackAdds
  )
  counter('series_reconciled', 'Values that Redis got when it was back.', () => state().reconciled)
  gauge('series_unreconciled', 'Values that Redis does not have yet.', () => state().unreconciled)
}
