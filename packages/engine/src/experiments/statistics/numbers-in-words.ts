import type { Metric } from '../experiment.ts'
import type { Interval } from './results.ts'

/** 12345 as 12,345. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

/** 0.1234 as 12.3 %. */
export function percent(share: number): string {
  return `${digits(100 * share)} %`
}

export function pValueText(pValue: number): string {
  return pValue < 0.0001 ? 'p < 0.0001' : `p = ${digits(pValue)}`
}

/** A value of a metric, with its unit where it has one. */
export function valueText({ kind }: Pick<Metric, 'kind'>, value: number): string {
  return isShare(kind) ? percent(value) : digits(value)
}

/** Bounds of a difference, such as `-0.2 to +1.3 percentage points`. */
export function differenceText({ kind }: Pick<Metric, 'kind'>, [low, high]: Interval): string {
  const factor = isShare(kind) ? 100 : 1
  return `${signed(factor * low)} to ${signed(factor * high)}${isShare(kind) ? ' percentage points' : ''}`
}

const isShare = (kind: Metric['kind']): boolean => kind === 'conversion' || kind === 'accuracy'

const signed = (value: number): string => (value > 0 ? `+${digits(value)}` : digits(value))

/** Three digits that count; what is beyond a million million or below a millionth in powers of ten. */
function digits(value: number): string {
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-6 || size >= 1e12)) return value.toExponential(2)
  return size >= 1000 ? count(value) : String(Number(value.toPrecision(3)))
}
