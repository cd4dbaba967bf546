import { type DestinationStream, type Logger, pino } from 'pino'
import type { Config } from './config-schema.ts'
import { lineBuffer } from './line-buffer.ts'

/** Where services write their log lines. */
export type { Logger } from 'pino'

/** Log lines as JSON, one object a line; to standard output unless a `destination` is given. */
export function createLogger({
  level,
  destination
}: {
  level: Config['logLevel']
  destination?: DestinationStream
}): Logger {
  const options = { level, base: null, timestamp: isoTime() }
  return pino(options, destination ?? standardOutput())
}

/** Lines of the same millisecond share its text. */
function isoTime(): () => string {
  let last = 0
  let text = ''
  return () => {
    const now = Date.now()
    if (now !== last) text = `,"time":"${new Date(now).toISOString()}"`
    last = now
    return text
  }
}

/** Standard output, some lines at a time. What waits when the process ends is written, unless it is killed. */
function standardOutput(): DestinationStream {
  const output = pino.destination({ dest: 1, sync: true })
  const lines = lineBuffer({
    write: text => output.write(text),
    after: (ms, work) => void setTimeout(work, ms).unref()
  })
  let isFirst = true
  return {
    write(line) {
      if (isFirst) process.once('exit', lines.flush)
      isFirst = false
      lines.write(line)
    }
  }
}
