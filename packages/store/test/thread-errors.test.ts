import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { MillraceError } from '@millrace/common'
import { fromPlainError, toPlainError } from '../src/thread-errors.ts'

/** An error as it arrives in another thread. */
function sent(error: unknown): Error {
  return fromPlainError(structuredClone(toPlainError(error)))
}

test('an error of ours keeps its class, code, message, details and cause in another thread', () => {
  const cause = new Error('disk I/O error')
  const error = new MillraceError('MILL_STORE_FAILED', 'database x failed', { cause, details: { path: 'x' } })
  const received = sent(error)
  assert.ok(received instanceof MillraceError)
  assert.equal(received.code, 'MILL_STORE_FAILED')
  assert.equal(received.message, 'database x failed')
  assert.deepEqual(received.details, { path: 'x' })
  assert.equal(received.stack, error.stack)
  assert.ok(received.cause instanceof Error)
  assert.equal(received.cause.message, 'disk I/O error')
})

test("SQLite's errors keep their codes", () => {
  const database = new DatabaseSync(':memory:')
  assert.throws(
    () => database.exec('nonsense'),
    (error: unknown) => {
      const received = sent(error) as Error & Record<string, unknown>
      assert.equal(received['code'], 'ERR_SQLITE_ERROR')
      assert.equal(received['errcode'], 1) // SQLITE_ERROR
      assert.match(received.message, /syntax error/)
      return true
    }
  )
  database.close()
})

test('whatever else was thrown arrives as an error', () => {
  assert.equal(sent('text').message, 'text')
  assert.equal(sent(undefined).message, 'undefined')
})
