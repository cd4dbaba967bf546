import { integerWithin } from '@millrace/common'
import type { SeriesStore } from './series-store.ts'

/** In memory: one process, tests, examples. Lost at exit. */
export function memorySeriesStore(): SeriesStore {
  // The order of the keys is the order of the last changes: the newest is the last.
  const valuesOf = new Map<string, number[]>()
  return {
    async push(seriesId, value, keep) {
      integerWithin('keep', keep, 1)
      const before = (valuesOf.get(seriesId) ?? []).slice(0, keep)
      valuesOf.delete(seriesId)
      valuesOf.set(seriesId, [value, ...before.slice(0, keep - 1)])
      return before
    },
    async read(seriesId) {
      return valuesOf.get(seriesId)?.slice()
    },
    async list(limit) {
      integerWithin('limit', limit, 1)
      return [...valuesOf]
        .slice(-limit)
        .toReversed()
        .map(([seriesId, values]) => ({ seriesId, length: values.length, latestValue: values[0]! }))
    }
  }
}
