import { type DestinationStream, destination } from 'pino'
import type { Config } from '../config-schema.ts'
import { lineBuffer } from '../line-buffer.ts'
import { createLogger, type Logger } from '../logger.ts'
import { outputFailure } from './print.ts'

/** How much may wait, in bytes, while log lines cannot be written; what comes then is lost. */
const mostWaiting = 1 << 20

/**
 * A logger on standard output that warns on standard error when its lines are lost. They are written some at a time; what
 * waits when the process ends is written then, unless it is killed.
 */
export function outputLogger(level: Config['logLevel']): Logger {
  const output = logOutput(line => process.stderr.write(line))
  const lines = lineBuffer({
    write: text => output.write(text),
    after: (ms, work) => void setTimeout(work, ms).unref()
  })
  process.once('exit', lines.flush)
  return createLogger({ level, destination: lines })
}

/**
 * Standard output as a place for log lines. A service goes on without its log: a full disk is told of once, and what
 * fits is written when there is room again; a reader that goes away is not worth a word.
 * @param warn takes one line of text
 * @param fd another file descriptor than that of standard output
 */
export function logOutput(warn: (text: string) => void, fd = 1): DestinationStream {
  // With `sync`, nothing has to be flushed at exit: flushing would try a full disk again and again, without end.
  const output = destination({ dest: fd, sync: true, maxLength: mostWaiting })
  let isTold = false
  output.on('error', (error: Error) => {
    const failure = outputFailure(error)
    if (failure === undefined || isTold) return
    isTold = true
    warn(`millrace: ${failure.code}: ${failure.message}; the services go on without log lines\n`)
  })
  return output
}
