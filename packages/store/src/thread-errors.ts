import { errorCodes, MillraceError } from '@millrace/common'

/** An error as a message between threads carries it: a clone would lose its class and what it has beside a message. */
export interface PlainError {
  name: string
  message: string
  stack?: string | undefined
  /** `code`, `errcode` and `details`, as far as the error has them. */
  fields: Record<string, unknown>
  cause?: PlainError | undefined
}

const carried = ['code', 'errcode', 'errstr', 'details'] as const

/** An error, or whatever else was thrown, made plain. */
export function toPlainError(error: unknown): PlainError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), fields: {} }
  const fields = Object.fromEntries(
    carried.filter(name => name in error).map(name => [name, (error as unknown as Record<string, unknown>)[name]])
  )
  const { name, message, stack, cause } = error
  return { name, message, stack, fields, cause: cause === undefined ? undefined : toPlainError(cause) }
}

/** The error of which {@link toPlainError} made the plain one. */
export function fromPlainError({ name, message, stack, fields, cause }: PlainError): Error {
  const error = emptyError(name, message, fields)
  if (cause !== undefined) error.cause = fromPlainError(cause)
  if (stack !== undefined) error.stack = stack
  return error
}

function emptyError(name: string, message: string, fields: Record<string, unknown>): Error {
  const code = errorCodes.find(known => known === fields['code'])
  if (name !== 'MillraceError' || code === undefined) return Object.assign(new Error(message), fields)
  return new MillraceError(code, message, { details: fields['details'] as Record<string, unknown> })
}
