import { MillraceError } from '@millrace/common'
import { failure, failureOf, HttpError } from '../http/failure.ts'

/** Where a writer is, as far as it is known: plain JSON for `details.writer`. */
export type FindWriter = () => Promise<Record<string, unknown> | undefined>

/**
 * Makes what must be done by the writer of a learner say where that writer is when this process is not the one.
 * @returns a function that passes on what a promise comes to
 */
export function naming(findWriter: FindWriter): <Result>(work: Promise<Result>) => Promise<Result> {
  return async work => {
    try {
      return await work
    } catch (error) {
      throw isElsewhere(error) ? await withWriter(error, findWriter) : error
    }
  }
}

function isElsewhere(error: unknown): error is MillraceError {
  return error instanceof MillraceError && (error.code === 'MILL_NOT_WRITER' || error.code === 'MILL_WRITER_FENCED')
}

async function withWriter(error: MillraceError, findWriter: FindWriter): Promise<Error> {
  const writer = await found(findWriter)
  if (writer === undefined) return error
  const { code, message, details } = failureOf(error).body
  return new HttpError(failure(code as typeof error.code, message, { details: { ...details, writer } }))
}

/** Whoever asks is told no in any case; where the registry cannot be read, without an address. */
async function found(findWriter: FindWriter): ReturnType<FindWriter> {
  try {
    return await findWriter()
  } catch {
    return undefined
  }
}
