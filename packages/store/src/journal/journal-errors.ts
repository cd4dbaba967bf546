import { MillraceError } from '@millrace/common'
import { fileAdvice } from '../database-errors.ts'

/** A MILL_JOURNAL_DAMAGED about the file or folder at `path`. */
export function damaged(path: string, problem: string, details: Record<string, unknown> = {}): MillraceError {
  const help = 'restore it from a backup; millrace journal verify shows what is left'
  return new MillraceError('MILL_JOURNAL_DAMAGED', `journal ${path} is damaged: ${problem}; ${help}`, {
    details: { path, ...details }
  })
}

/** A MILL_JOURNAL_DAMAGED about records `from` up to but not including `to`. */
export function missing(folder: string, from: number, to: number): MillraceError {
  const which = to - from === 1 ? `record ${from} is` : `records ${from} to ${to - 1} are`
  return damaged(folder, `${which} missing`, { from, to: to - 1 })
}

/** A MILL_STORE_FAILED about reading the file or folder at `path`. */
export function failedReading(path: string, error: unknown): MillraceError {
  return failed(path, 'could not be read', error)
}

/** Whether `error` says that a file which was listed is gone, as when it was pruned meanwhile. */
export function isGone(error: unknown): boolean {
  return error instanceof MillraceError && error.details['reason'] === 'ENOENT'
}

/** A MILL_STORE_FAILED about writing the file or folder at `path`. */
export function failedWriting(path: string, error: unknown): MillraceError {
  return failed(path, 'could not be written', error)
}

/** A MILL_STATE_INVALID: a newer Millrace wrote the file. */
export function newerFormat(path: string, version: number, known: number): MillraceError {
  const problem = `was written by a newer Millrace: it has format ${version}, this one knows up to ${known}`
  return new MillraceError('MILL_STATE_INVALID', `journal ${path} ${problem}`, { details: { path, version, known } })
}

function failed(path: string, problem: string, cause: unknown): MillraceError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
  return new MillraceError('MILL_STORE_FAILED', `journal ${path} ${problem} (${code}): ${fileAdvice(code)}`, {
    cause,
    details: { path, reason: code }
  })
}
