import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exactLog } from '../src/exact-log.ts'

// Expected: Python's decimal with 50 digits, float(Decimal(x).ln()).
test('rounds to the nearest double', () => {
  assert.equal(exactLog(0.7406459856719924), -0.3002325199755253)
  assert.equal(exactLog(0.5553789439492394), -0.5881046163346882)
  assert.equal(exactLog(0.4149258925946365), -0.8796553467584444)
  assert.equal(exactLog(0.19940467874249812), -1.612418957624872)
  assert.equal(exactLog(0.4407389379846095), -0.819302556182231)
  assert.equal(exactLog(0.3239796905126232), -1.1270744487575215)
  assert.equal(exactLog(0.7488777218165298), -0.28917956404413586)
  assert.equal(exactLog(0.8091961941485041), -0.2117138769268633)
  assert.equal(exactLog(5.696189077778436e-306), -702.8512410877845)
  assert.equal(exactLog(2.2250738585072014e-308), -708.3964185322641)
  assert.equal(exactLog(1.7976931348623157e308), 709.782712893384)
  assert.equal(exactLog(5e-324), -744.4400719213812)
  assert.equal(exactLog(0.9999999999999999), -1.1102230246251565e-16)
  assert.equal(exactLog(1.0000000000000002), 2.2204460492503128e-16)
})

test('is exact where the logarithm is', () => {
  assert.equal(exactLog(1), 0)
  assert.equal(exactLog(2), Math.LN2)
  assert.equal(exactLog(10), Math.LN10)
})
