import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '@millrace/common'
import { validated } from '../src/state-errors.ts'

test('options refused while restoring are a bad state, other errors are not', () => {
  const refusal = new MillraceError('MILL_OPTION_INVALID', 'l1 must be >= 0')
  assert.throws(
    () =>
      validated(() => {
        throw refusal
      }),
    { code: 'MILL_STATE_INVALID', cause: refusal }
  )
  assert.throws(
    () =>
      validated(() => {
        throw new RangeError('other')
      }),
    RangeError
  )
  assert.equal(
    validated(() => 5),
    5
  )
})
