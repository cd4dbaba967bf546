import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '@millrace/common'
import { createOutages } from '../src/outages.ts'

/** What is told of outages. */
function listening() {
  const told: unknown[] = []
  const outages = createOutages({ failed: error => told.push(error), ended: failures => told.push(failures) })
  return { told, outages }
}

test('an outage is told of once, and its end with how often it was', () => {
  const { told, outages } = listening()
  const full = new MillraceError('MILL_STORE_FAILED', 'full at 12:00')
  outages.failed(full)
  outages.failed(new MillraceError('MILL_STORE_FAILED', 'full at 12:01'))
  outages.succeeded()
  outages.succeeded()
  assert.deepEqual(told, [full, 2])
  outages.failed(full)
  assert.deepEqual(told, [full, 2, full])
})

test('a failure of another kind is told of again', () => {
  const { told, outages } = listening()
  const errors = [new MillraceError('MILL_STORE_FAILED', 'full'), new Error('bug'), new Error('other bug')]
  for (const error of errors) outages.failed(error)
  outages.succeeded()
  assert.deepEqual(told, [...errors, 3])
})
