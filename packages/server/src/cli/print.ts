import type { Writable } from 'node:stream'
import { MillraceError } from '@millrace/common'

/** What the system says when nobody reads a pipe any more. */
const readerGone = new Set(['EPIPE', 'ERR_STREAM_DESTROYED'])

/**
 * Write text to a standard stream; resolves when it is out, or when nobody reads any more.
 * @throws {MillraceError} MILL_OUTPUT_FAILED when it cannot be written, as on a full disk
 */
export function print(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, error => {
      const failure = error && outputFailure(error)
      if (failure) reject(failure)
      else resolve()
    })
  })
}

/** The error to raise for one of a standard stream; undefined when only its reader went away. */
export function outputFailure(error: NodeJS.ErrnoException): MillraceError | undefined {
  if (readerGone.has(error.code ?? '')) return undefined
  return new MillraceError('MILL_OUTPUT_FAILED', `the output cannot be written: ${reasonOf(error)}`, { cause: error })
}

/** `ENOSPC: no space left on device`, without the system call that Node adds. */
function reasonOf({ message, syscall }: NodeJS.ErrnoException): string {
  return syscall !== undefined && message.endsWith(`, ${syscall}`) ? message.slice(0, -syscall.length - 2) : message
}
