import { type ErrorCode, errorCodes, MillraceError } from '@millrace/common'

/** Why an observation was not learned: what a MillraceError says, as plain data. */
export interface Refusal {
  code: ErrorCode
  message: string
  details: Record<string, unknown>
}

export function refusalOf({ code, message, details }: MillraceError): Refusal {
  return { code, message, details }
}

/** The error that the refusal was, or equals. */
export function refusalError({ code, message, details }: Refusal): MillraceError {
  return new MillraceError(code, message, { details })
}

export function refusalText({ code, message, details }: Refusal): string {
  return JSON.stringify({ code, message, details })
}

/** What {@link refusalText} wrote. @throws {MillraceError} MILL_STATE_INVALID for anything else */
export function readRefusal(text: string): Refusal {
  try {
    const { code, message, details } = JSON.parse(text) as Refusal
    const refusal = { code, message, details }
    const isWhole = errorCodes.includes(code) && typeof message === 'string' && typeof details === 'object'
    if (isWhole && refusalText(refusal) === text) return refusal
  } catch {
    // Not JSON, or null: said below.
  }
  throw new MillraceError('MILL_STATE_INVALID', 'not a usable learner state: a refusal cannot be read')
}
