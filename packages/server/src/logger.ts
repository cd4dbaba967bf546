import { type DestinationStream, type Logger, pino } from 'pino'
import type { Config } from './config-schema.ts'

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
  return destination === undefined ? pino(options) : pino(options, destination)
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
