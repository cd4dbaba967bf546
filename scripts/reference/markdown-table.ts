/** A Markdown table, its columns padded as the formatter of the repository pads them. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const escaped = [head, ...rows].map(cells => cells.map(cell => cell.replaceAll('|', '\\|')))
  const widths = head.map((_, column) => Math.max(3, ...escaped.map(cells => cells[column]?.length ?? 0)))
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  const [title = [], ...body] = escaped
  return [line(title), line(widths.map(width => '-'.repeat(width))), ...body.map(line)].join('\n')
}
