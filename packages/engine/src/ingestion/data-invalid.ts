import { MillraceError } from '@millrace/common'

/** Where a cell stands, for messages. */
export interface CellPlace {
  file: string
  line: number
  column: string
}

/** A MILL_DATA_INVALID whose message begins with the place, as far as it is known. */
export function invalid(place: Partial<CellPlace> & { file: string }, problem: string, cause?: unknown): MillraceError {
  const line = place.line === undefined ? '' : ` line ${place.line}`
  const column = place.column === undefined ? '' : ` column ${quoted(place.column)}`
  return new MillraceError('MILL_DATA_INVALID', `${place.file}${line}${column} ${problem}`, {
    ...(cause === undefined ? {} : { cause }),
    details: { ...place }
  })
}

/** A text as a message shows it: in quotes, control characters escaped, cut when it is long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}
