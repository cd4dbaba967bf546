import { CoinbaseHealthReplySchema, PriceReplySchema } from '@millrace/protocol'
import { buildApp, type CommonDeps } from '../app.ts'
import type { App } from '../app-type.ts'
import type { Config } from '../config-schema.ts'
import { failures } from '../http/route-schema.ts'
import { fetchRate } from './exchange-rate.ts'
import { isoDateTime } from './iso-date-time.ts'

/** What the coinbase service is given. */
export interface CoinbaseDeps extends CommonDeps {
  config: CommonDeps['config'] & Pick<Config, 'apiUrl' | 'targetCurrency'>
  /** How the exchange rates are asked for; `globalThis.fetch` by default. */
  fetch?: typeof globalThis.fetch
  /** Microseconds since 1970; the wall clock by default. */
  nowMicros?: () => number
  /** How long the exchange may take to answer. */
  timeoutMs?: number
}

/** The coinbase service: the price of one currency at this moment. Does not listen. */
export function buildCoinbase({
  fetch = globalThis.fetch,
  nowMicros = wallClockMicros,
  timeoutMs = 10_000,
  ...common
}: CoinbaseDeps): App {
  const { apiUrl, targetCurrency } = common.config
  const app = buildApp({ ...common, service: 'coinbase' })
  void app.register(async routes => {
    routes.get(
      '/health',
      {
        schema: {
          operationId: 'health',
          summary: 'Is the service up',
          response: { 200: CoinbaseHealthReplySchema, ...failures }
        }
      },
      async () => ({ status: 'healthy' as const })
    )
    routes.get(
      '/next',
      {
        // HEAD would ask the exchange for nothing.
        exposeHeadRoute: false,
        schema: {
          operationId: 'nextPrice',
          summary: 'The price at this moment',
          response: { 200: PriceReplySchema, ...failures }
        }
      },
      async () => {
        const rate = await fetchRate({ apiUrl, currency: targetCurrency, timeoutMs, fetch })
        return {
          series_id: targetCurrency,
          target: 1 / rate,
          datetime: isoDateTime(nowMicros(), 'America/Mexico_City')
        }
      }
    )
  })
  return app
}

function wallClockMicros(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000)
}
