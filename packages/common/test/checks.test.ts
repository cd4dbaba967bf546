import assert from 'node:assert/strict'
import { test } from 'node:test'
import { finite, integerWithin, largestMagnitude, learnable, nonNegative, oneOf, positive } from '../src/checks.ts'

test('learns from numbers up to the largest magnitude', () => {
  for (const value of [0, -0, 5e-324, largestMagnitude, -largestMagnitude]) assert.equal(learnable('a', value), value)
  assert.throws(() => learnable('a', 1.0000001e100), { code: 'MILL_VALUE_OUT_OF_RANGE', details: { name: 'a' } })
  for (const value of [NaN, Infinity, '1', null, undefined, true, {}]) {
    assert.throws(() => learnable('a', value as number), { code: 'MILL_VALUE_NOT_FINITE', details: { name: 'a' } })
  }
})

test('a computed number must be finite', () => {
  assert.equal(finite('a', -1e308), -1e308)
  for (const value of [NaN, -Infinity]) assert.throws(() => finite('a', value), { code: 'MILL_VALUE_NOT_FINITE' })
})

test('options are checked against their range, and the error names them', () => {
  assert.equal(positive('rate', 0.5), 0.5)
  assert.equal(nonNegative('rate', 0), 0)
  assert.equal(integerWithin('count', 3, 1, 3), 3)
  assert.equal(oneOf('way', 'up', ['up', 'down']), 'up')
  const refused = [
    () => positive('rate', 0),
    () => positive('rate', Infinity),
    () => positive('rate', '1' as unknown as number),
    () => nonNegative('rate', -1e-9),
    () => nonNegative('rate', NaN),
    () => integerWithin('rate', 1.5, 1, 3),
    () => integerWithin('rate', 4, 1, 3),
    () => integerWithin('rate', 0, 1, 3),
    () => oneOf('rate', 'left', ['up', 'down'])
  ]
  for (const check of refused) assert.throws(check, { code: 'MILL_OPTION_INVALID', message: /^rate must be / })
})

test('the error shows what was refused, of long text only the beginning', () => {
  assert.throws(() => learnable('a', 'seven' as unknown as number), { message: 'a must be a finite number, got seven' })
  assert.throws(() => learnable('a', 'x'.repeat(1e6) as unknown as number), {
    message: `a must be a finite number, got ${'x'.repeat(60)}…`
  })
  assert.throws(() => positive('rate', -1), { message: 'rate must be a finite number > 0, got -1' })
  assert.throws(() => positive('rate', {} as number), { message: 'rate must be a finite number > 0, got object' })
})
