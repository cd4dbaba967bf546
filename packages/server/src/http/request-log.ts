import type { FastifyBaseLogger } from 'fastify'
import { type DestinationStream, type Logger, pino } from 'pino'

/** What is told of an answered request. */
export interface AnsweredRequest {
  method: string
  /** The pattern that matched, or `unmatched`. */
  route: string
  /** Without the query. */
  path: string
  status: number
  ms: number
}

const { chindingsSym, streamSym, timeSym } = pino.symbols

/** What of a logger its lines are made of, by the symbols that pino exports for such ends. */
type Parts = Readonly<Record<symbol, unknown>>

/**
 * Writes the line of an answered request, to the letter as `logger.info(answered, 'request completed')` does. pino looks
 * at each field anew, which took some 3 of the 24 microseconds of a small request to infer.
 * @param logger one that pino made
 * @param id of the request, unless `logger` tells it already
 */
export function logRequest(logger: FastifyBaseLogger, answered: AnsweredRequest, id?: string): void {
  if (!(logger as Logger).isLevelEnabled('info')) return
  const parts = logger as unknown as Parts
  const bindings = parts[chindingsSym] as string
  const stream = parts[streamSym] as DestinationStream
  const time = (parts[timeSym] as () => string)()
  const { method, route, path, status, ms } = answered
  const request = id === undefined ? '' : `,"request_id":${JSON.stringify(id)}`
  const fields = `,"method":"${method}","route":${JSON.stringify(route)},"path":${JSON.stringify(path)}`
  stream.write(
    `{"level":30${time}${bindings}${request}${fields},"status":${status},"ms":${ms},"msg":"request completed"}\n`
  )
}
