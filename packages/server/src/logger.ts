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
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  return destination === undefined ? pino(options) : pino(options, destination)
}
