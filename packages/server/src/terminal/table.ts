import { stripVTControlCharacters } from 'node:util'

/** A column of a text table. */
export interface Column {
  header: string
  /** Numbers read best from the right. */
  align: 'left' | 'right'
  /** Keeps a table that is drawn over and over from moving about; 0 unless given. */
  minWidth?: number
}

/**
 * A plain text table: header, rule, rows; columns two spaces apart and as wide as their widest cell. Escape sequences
 * for colour take no room.
 * @returns the lines, without line ends
 */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const header = columns.map(column => column.header)
  const widths = columns.map(({ minWidth = 0 }, index) =>
    Math.max(minWidth, ...[header, ...rows].map(row => visibleLength(row[index] ?? '')))
  )
  const line = (cells: readonly string[]): string =>
    columns
      .map((column, index) => pad(cells[index] ?? '', widths[index]!, column.align))
      .join('  ')
      .trimEnd()
  return [line(header), widths.map(width => '─'.repeat(width)).join('  '), ...rows.map(line)]
}

function pad(cell: string, width: number, align: 'left' | 'right'): string {
  const spaces = ' '.repeat(width - visibleLength(cell))
  return align === 'left' ? cell + spaces : spaces + cell
}

/** Characters that take room: escape sequences for colour take none. */
export function visibleLength(text: string): number {
  return Array.from(stripVTControlCharacters(text)).length
}
