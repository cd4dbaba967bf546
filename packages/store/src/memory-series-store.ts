import { integerWithin } from '@millrace/common'
import { idConflict } from './id-conflict.ts'
import type { SeriesStore } from './series-store.ts'

/** A series in memory. */
interface MemorySeries {
  /** Newest first. */
  values: number[]
  /** By observation id, oldest first. */
  remembered: Map<string, { value: number; earlier: number[] }>
}

/**
 * In memory: one process, tests, examples. Lost at exit.
 * @param options `idsRemembered` integer >= 1, how many observation ids are remembered for each series
 */
export function memorySeriesStore({ idsRemembered = 100_000 }: { idsRemembered?: number } = {}): SeriesStore {
  integerWithin('idsRemembered', idsRemembered, 1)
  // The order of the keys is the order of the last changes: the newest is the last.
  const seriesOf = new Map<string, MemorySeries>()
  return {
    async push({ seriesId, value, keep, observationId }) {
      integerWithin('keep', keep, 1)
      const { values, remembered } = seriesOf.get(seriesId) ?? { values: [], remembered: new Map() }
      const known = observationId === undefined ? undefined : remembered.get(observationId)
      if (known !== undefined) {
        if (!Object.is(known.value, value)) throw idConflict(seriesId, observationId!)
        return { earlier: known.earlier.slice(), isRepeat: true, storage: 'memory' }
      }
      const earlier = values.slice(0, keep)
      seriesOf.delete(seriesId)
      seriesOf.set(seriesId, { values: [value, ...earlier.slice(0, keep - 1)], remembered })
      if (observationId !== undefined) remembered.set(observationId, { value, earlier })
      for (const oldest of remembered.keys()) {
        if (remembered.size <= idsRemembered) break
        remembered.delete(oldest)
      }
      return { earlier: earlier.slice(), isRepeat: false, storage: 'memory' }
    },
    async read(seriesId) {
      return seriesOf.get(seriesId)?.values.slice()
    },
    async list(limit) {
      integerWithin('limit', limit, 1)
      return [...seriesOf]
        .slice(-limit)
        .toReversed()
        .map(([seriesId, { values }]) => ({ seriesId, length: values.length, latestValue: values[0]! }))
    }
  }
}
