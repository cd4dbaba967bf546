import type { RedisStatus } from '@millrace/store'
import { Counter, Gauge, type Registry } from 'prom-client'

/** How the series stand with the Redis that is configured; counts are since the process began. */
export type RedisState = Pick<
  RedisStatus,
  'connected' | 'storage' | 'errors' | 'fallbackAdds' | 'reconciled' | 'unreconciled'
>

/** Registers what `GET /metrics` of the feature service tells of Redis. */
export function registerRedisMetrics(registry: Registry, state: () => RedisState): void {
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
  gauge('redis_connected', '1 while Redis answers, 0 while it is away.', () => (state().connected ? 1 : 0))
  counter('redis_errors', 'Commands and connections to Redis that failed.', () => state().errors)
  counter(
    'series_fallback_adds',
    'Values kept in the embedded store because Redis was away.',
    () => state().fallbackAdds
  )
  counter('series_reconciled', 'Values that Redis got when it was back.', () => state().reconciled)
  gauge('series_unreconciled', 'Values that Redis does not have yet.', () => state().unreconciled)
}
