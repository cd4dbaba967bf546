import { MillraceError } from '@millrace/common'

/** Builds the error for bytes that are not a state. */
export function invalid(problem: string): MillraceError {
  return new MillraceError('MILL_STATE_INVALID', `not a usable learner state: ${problem}`)
}

/** What `make` builds from the options in a state. @throws {MillraceError} MILL_STATE_INVALID when they are refused */
export function validated<Made>(make: () => Made): Made {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code === 'MILL_STATE_INVALID') throw error
    throw new MillraceError('MILL_STATE_INVALID', `not a usable learner state: ${error.message}`, { cause: error })
  }
}
