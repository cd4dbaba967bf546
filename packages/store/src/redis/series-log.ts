import { MillraceError } from '@millrace/common'
import type { SeriesPush } from '../series-store.ts'
import { numberToWire } from './wire-text.ts'

/** What is needed of a logger. */
export interface SeriesLogger {
  info(fields: Record<string, unknown>, message: string): void
  warn(fields: Record<string, unknown>, message: string): void
  error(fields: Record<string, unknown>, message: string): void
}

/**
 * The lines about Redis. People `grep` for their beginnings, which are those of the former feature service; two of them
 * show the value that was added, as they always did.
 */
export function seriesLog(log: SeriesLogger, address: string) {
  return {
    connected: () => log.info({ address }, `REDIS CONNECTED: Using Redis at ${address} for persistent lag features`),
    unavailable: (error: Error | undefined) =>
      log.warn(
        { address },
        `REDIS UNAVAILABLE: Using in-memory storage (embedded, kept on disk) until Redis answers: ${error?.message ?? 'not connected'}`
      ),
    added({ seriesId, value }: SeriesPush, storage: 'redis' | 'sqlite') {
      const [name, kind] = storage === 'redis' ? ['REDIS', 'persistent'] : ['MEMORY', 'temporary']
      log.info({}, `${name}: Added observation ${numberToWire(value)} to series ${seriesId} (${kind} storage)`)
    },
    failed: (error: Error, seriesId?: string) =>
      log.error({ address, ...(seriesId === undefined ? {} : { seriesId }) }, `REDIS ERROR: ${error.message}`),
    copyFailed: (error: Error) =>
      log.error({ address }, `REDIS COPY: The embedded copy lacks values that are in Redis: ${error.message}`),
    restored: (seriesId: string, values: number) =>
      log.info({ address, seriesId, values }, `REDIS RESTORED: Put back what Redis had lost of series ${seriesId}`),
    reconciled(values: number, series: number, left: number) {
      if (values === 0 && series === 0) return
      const counts = `${values} observations added, ${series} series restored, ${left} observations left`
      log.info({ address, values, series, left }, `REDIS RECONCILED: ${counts}`)
    },
    closed: () => new MillraceError('MILL_STORE_FAILED', 'the store of series is closed')
  }
}
