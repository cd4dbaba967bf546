/** Text in columns: the first to the left, the others to the right. The first row is the head. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  const lines = rows.map(row => row.map((cell, column) => aligned(cell, column, widths[column]!)).join('  '))
  return [lines[0], '-'.repeat(lines[0]!.length), ...lines.slice(1)].join('\n')
}

/** A number as people read it, with `digits` behind the point. */
export function shown(value: number, digits = 0): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

function aligned(cell: string, column: number, width: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width)
}
