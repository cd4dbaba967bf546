/** An integer with commas between thousands: `1,048,576`. */
export function formatCount(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',')
}

/**
 * A measured number for people, in eight characters or little more: four decimals (`30.7299`), one from a thousand on
 * (`1041.0`), and an exponent where those would show nothing or run on (`4.20e-7`, `1.50e+12`). `-` for a measure that
 * does not exist.
 */
export function formatMeasure(value: number | undefined): string {
  if (value === undefined) return '-'
  const size = Math.abs(value)
  if (size !== 0 && (size < 0.001 || size >= 1e6)) return value.toExponential(2)
  return value.toFixed(size < 1000 ? 4 : 1)
}

/** A number in as few characters as carry `digits` significant ones, for the axis of a chart: `15k`, `2M`, `0.05`. */
export function formatShort(value: number, digits = 3): string {
  const unit = units.find(({ from }) => Math.abs(value) >= from)
  return unit === undefined ? rounded(value, digits) : rounded(value / unit.size, digits) + unit.name
}

const units = [
  { name: 'G', size: 1e9, from: 1e9 },
  { name: 'M', size: 1e6, from: 1e6 },
  { name: 'k', size: 1e3, from: 1e4 }
] as const

function rounded(value: number, digits: number): string {
  const size = Math.abs(value)
  const wholeDigits = size >= 1 && size < 1e6 ? Math.floor(Math.log10(size)) + 1 : 1
  // Through Number: drops the trailing zeros that toPrecision leaves.
  return String(Number(value.toPrecision(Math.max(digits, wholeDigits))))
}

/** A span of time in the one or two units that matter: `40 ms`, `2.5 s`, `12 s`, `3 min 05 s`, `2 h 10 min`. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${twoDigits(seconds % 60)} s`
  return `${Math.floor(seconds / 3600)} h ${twoDigits(Math.floor((seconds % 3600) / 60))} min`
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
