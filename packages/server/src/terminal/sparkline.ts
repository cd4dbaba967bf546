const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const

/**
 * A row of bars, one for each value, from an empty baseline at 0 to a full block at `highest`. Values that are not
 * finite leave a gap; values outside of the range are drawn at its end.
 * @param highest the value of a full block, so that several sparklines can share one scale
 */
export function sparkline(values: readonly (number | undefined)[], highest: number): string {
  return values.map(value => bar(value, highest)).join('')
}

function bar(value: number | undefined, highest: number): string {
  if (value === undefined || !Number.isFinite(value)) return ' '
  const share = highest > 0 ? value / highest : 0
  const level = Math.round(share * (bars.length - 1))
  return bars[Math.min(bars.length - 1, Math.max(0, level))]!
}
