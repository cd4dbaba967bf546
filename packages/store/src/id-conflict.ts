import { MillraceError } from '@millrace/common'

/** The error to raise when an observation id of a series comes again with another value. */
export function idConflict(seriesId: string, observationId: string): MillraceError {
  return new MillraceError(
    'MILL_ID_CONFLICT',
    `observation ${shortened(observationId)} of series ${shortened(seriesId)} was added with another value before`,
    { details: { seriesId, observationId } }
  )
}

/** Ids may be anything that a request holds; only the beginning is shown. */
function shortened(id: string): string {
  return id.length > 60 ? `${id.slice(0, 60)}…` : id
}
