import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { fromWire, idToWire, numberFromWire, numbersFromWire, numberToWire, toWire } from '../src/redis/wire-text.ts'

test('every text comes back from its bytes, lone surrogates included', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffff })), units => {
      const text = String.fromCharCode(...units)
      assert.equal(fromWire(Buffer.from(toWire(text))), text)
    })
  )
})

test('a lone surrogate takes the three bytes that UTF-8 would give its number', () => {
  // https://simonsapin.github.io/wtf-8/: U+D83D alone is ED A0 BD.
  assert.deepEqual(toWire('a\uD83D'), Buffer.from([0x61, 0xed, 0xa0, 0xbd]))
  assert.equal(toWire('\u{1F600}'), '\u{1F600}')
})

test('every number comes back from its text', () => {
  fc.assert(
    fc.property(fc.double(), value => {
      assert.ok(Object.is(numberFromWire(numberToWire(value)), value))
    })
  )
})

test('numbers are texts that Python reads, and those that Python writes are read', () => {
  // Checked with float() and repr() of CPython 3.
  const texts = ['1', '-0', '0.1', '5e-324', '1.7976931348623157e+308', 'inf', '-inf', 'nan']
  const values = [1, -0, 0.1, 5e-324, Number.MAX_VALUE, Infinity, -Infinity, Number.NaN]
  assert.deepEqual(values.map(numberToWire), texts)
  assert.deepEqual(numbersFromWire('130.0 1e-07 1e+16 -0.0 nan inf'), [130, 1e-7, 1e16, -0, Infinity])
  assert.deepEqual(numbersFromWire(''), [])
})

test('short ids are kept as they are, others as a digest that no short one equals', () => {
  const long = 'x'.repeat(65)
  const digest = idToWire(long)
  assert.equal(idToWire('x'.repeat(64)), 'x'.repeat(64))
  assert.match(digest, /^sha256:[0-9a-f]{64}$/)
  assert.notEqual(idToWire(digest), digest)
  assert.notEqual(idToWire('\uD800'), idToWire('\uDBFF'))
})
