import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '@millrace/common'
import { logFailure, protocolFailureOf } from '../../src/protocols/failed-protocol-replies.ts'

/** The level and the fields of what is logged of an error. */
function logged(error: unknown): [string, object] | undefined {
  const lines: [string, object][] = []
  const log = {
    warn: (fields: object) => void lines.push(['warn', fields]),
    error: (fields: object) => void lines.push(['error', fields])
  }
  logFailure(log, protocolFailureOf(error), error, { request_id: 'r' })
  return lines[0]
}

test('of a failure under too much load one short line is logged, without a stack', () => {
  for (const code of ['MILL_OVERLOADED', 'MILL_DEADLINE_EXCEEDED', 'MILL_MODEL_NOT_READY'] as const) {
    const line = logged(new MillraceError(code, 'why', { cause: new Error('cause') }))
    assert.deepEqual(line, ['warn', { request_id: 'r', code, reason: 'why' }])
  }
})

test('of what nobody expected everything is logged, of what the client is at fault for nothing', () => {
  const error = new Error('cause')
  assert.deepEqual(logged(error), ['error', { request_id: 'r', err: error, code: 'MILL_INTERNAL' }])
  assert.equal(logged(new MillraceError('MILL_INPUT_INVALID', 'why')), undefined)
  assert.equal(logged(new MillraceError('MILL_MODEL_NOT_FOUND', 'why')), undefined)
})
