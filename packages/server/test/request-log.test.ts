import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyBaseLogger } from 'fastify'
import { logRequest } from '../src/http/request-log.ts'
import { createLogger, type Logger } from '../src/index.ts'

const answered = { method: 'GET', route: '/a/:b', path: '/a/"quo\\ted"\u2028é', status: 200, ms: 0.25 }

/** Lines without their time. */
function linesOf(log: (logger: Logger) => void, level: 'info' | 'error' = 'info'): string[] {
  const lines: string[] = []
  const logger = createLogger({ level, destination: { write: line => void lines.push(line) } })
  log(logger.child({ service: 'test' }))
  return lines.map(line => line.replace(/"time":"[^"]+"/, '"time":"now"'))
}

test('the line of a request is the one that pino writes', () => {
  const byPino = linesOf(logger => logger.info(answered, 'request completed'))
  assert.deepEqual(
    linesOf(logger => logRequest(logger as FastifyBaseLogger, answered)),
    byPino
  )
})

test('its id comes from the logger or beside it', () => {
  const id = 'a"b'
  const byPino = linesOf(logger => logger.child({ request_id: id }).info(answered, 'request completed'))
  assert.equal(byPino.length, 1)
  assert.deepEqual(
    linesOf(logger => logRequest(logger as FastifyBaseLogger, answered, id)),
    byPino
  )
  assert.deepEqual(
    linesOf(logger => logRequest(logger.child({ request_id: id }) as FastifyBaseLogger, answered)),
    byPino
  )
})

test('there is none where the level of the log leaves it out', () =>
  assert.deepEqual(
    linesOf(logger => logRequest(logger as FastifyBaseLogger, answered), 'error'),
    []
  ))
