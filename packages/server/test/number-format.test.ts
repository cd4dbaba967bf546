import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatCount, formatDuration, formatMeasure, formatShort } from '../src/terminal/number-format.ts'

test('counts have commas between thousands', () => {
  assert.deepEqual([0, 999, 1000, 1048576.4].map(formatCount), ['0', '999', '1,000', '1,048,576'])
})

test('measures have four decimals, one when they are large, or an exponent where those would say nothing', () => {
  assert.deepEqual([30.72987, 0, 999.5, 216930.7795, 0.00042, 1.5e12, -2, undefined].map(formatMeasure), [
    '30.7299',
    '0.0000',
    '999.5000',
    '216930.8',
    '4.20e-4',
    '1.50e+12',
    '-2.0000',
    '-'
  ])
})

test('axis numbers are short', () => {
  assert.deepEqual(
    [0, 0.05, 0.123456, 622.4, 1234.5, 9999, 15000, 2_000_000, 1.25e9, -15000].map(value => formatShort(value)),
    ['0', '0.05', '0.123', '622', '1235', '9999', '15k', '2M', '1.25G', '-15k']
  )
})

test('durations have the one or two units that matter', () => {
  assert.deepEqual([0, 420.4, 2500, 12_000, 59_400, 185_000, 7_800_000].map(formatDuration), [
    '0 ms',
    '420 ms',
    '2.5 s',
    '12 s',
    '59 s',
    '3 min 05 s',
    '2 h 10 min'
  ])
})
