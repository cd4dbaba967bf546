import { integerWithin, learnable, MillraceError } from '@millrace/common'
import type { SeriesStore, SeriesSummary } from '@millrace/store'

/** A new value of a series, turned into what a model learns from. */
export interface LaggedValue {
  seriesId: string
  /** The lags by name, `in_1` to `in_N` in this order; 0 for those that do not exist yet. */
  features: Record<`in_${number}`, number>
  /** The value itself. */
  target: number
  /** How many of the lags are earlier values of the series. */
  availableLags: number
  /** True when this observation id was added before; all of the above is then as it was, and nothing was stored. */
  isRepeat: boolean
  /** Where the value is kept: `redis`, `sqlite` or `memory`. */
  storage: string
}

/** A new value of a series. */
export interface SeriesObservation {
  seriesId: string
  value: number
  /** What a repeat of the same observation is known by, any text. */
  observationId?: string | undefined
}

/** What is kept of a series. */
export interface SeriesInfo extends SeriesSummary {
  /** How many earlier values the next one will find. */
  availableLags: number
}

/** Turns the values of any number of series into features: the values that came before. */
export interface LagFeatures {
  /** N, how many lags each value gets. */
  readonly lags: number
  /**
   * Read the lags of a value, then store it; one atomic step per series, so parallel calls never see the same lags.
   * `in_1` is the previous value of the series, `in_2` the one before. An observation id that the series remembers adds
   * nothing and finds the same lags again.
   * @throws {MillraceError} MILL_VALUE_NOT_FINITE, MILL_VALUE_OUT_OF_RANGE, or as {@link SeriesStore.push}
   */
  add(observation: SeriesObservation): Promise<LaggedValue>
  /** @throws {MillraceError} MILL_SERIES_NOT_FOUND */
  series(seriesId: string): Promise<SeriesInfo>
  /** The series fed most recently first. @param limit integer >= 1, how many at most (default 100) */
  list(limit?: number): Promise<SeriesInfo[]>
}

/**
 * @param options `lags` integer from 1 to 1000; it may differ from that of earlier runs on the same store
 * @throws {MillraceError} MILL_OPTION_INVALID
 */
export function createLagFeatures({ series, lags }: { series: SeriesStore; lags: number }): LagFeatures {
  integerWithin('lags', lags, 1, 1000)
  const names = Array.from({ length: lags }, (_, index) => `in_${index + 1}` as const)
  function info(summary: SeriesSummary): SeriesInfo {
    return { ...summary, availableLags: Math.min(summary.length, lags) }
  }
  return {
    lags,
    async add({ seriesId, value, observationId }) {
      learnable('value', value)
      const { earlier, isRepeat, storage } = await series.push({ seriesId, value, keep: lags, observationId })
      const features: LaggedValue['features'] = {}
      for (const [index, name] of names.entries()) features[name] = earlier[index] ?? 0
      return { seriesId, features, target: value, availableLags: Math.min(earlier.length, lags), isRepeat, storage }
    },
    async series(seriesId) {
      const values = await series.read(seriesId)
      const latestValue = values?.[0]
      if (values === undefined || latestValue === undefined) {
        throw new MillraceError('MILL_SERIES_NOT_FOUND', `Series ${seriesId} not found`, { details: { seriesId } })
      }
      return info({ seriesId, length: values.length, latestValue })
    },
    async list(limit = 100) {
      return (await series.list(limit)).map(info)
    }
  }
}
