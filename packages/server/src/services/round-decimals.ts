/**
 * A number >= 0 rounded to 4 decimals, as `round(value, 4)` of Python does: to the nearest, and from exactly between two
 * to the one whose last digit is even. (`toFixed` would take the larger.)
 */
export function fourDecimals(value: number): number {
  // In binary, only odd multiples of 1/32 lie exactly between two numbers of 4 decimals.
  const isBetweenTwo = (value * 32) % 2 === 1
  if (!isBetweenTwo) return Number(value.toFixed(4))
  const fraction = value % 1
  const below = Math.floor(fraction * 10_000)
  const even = below + (below % 2)
  return Number(`${value - fraction}.${String(even).padStart(4, '0')}`)
}
