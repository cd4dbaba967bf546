import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { decodeAnswer, encodeAnswer } from '../../src/serving/cache/answer-codec.ts'
import { answerOfEveryType as answer } from './answer-of-every-type.ts'

test('an answer comes back as it was, to the bit', () => {
  const bytes = encodeAnswer('key', answer)
  assert.deepEqual(decodeAnswer('key', bytes), answer)
  const float = decodeAnswer('key', bytes)[10]!.data as Float32Array
  assert.deepEqual([...new Uint32Array(float.buffer)], [0x7f800001, 2 ** 31])
})

test('it can be read from anywhere in larger memory, and has memory of its own then', () => {
  const bytes = encodeAnswer('key', answer)
  const larger = new Uint8Array(bytes.length + 3)
  larger.set(bytes, 3)
  const read = decodeAnswer('key', larger.subarray(3))
  larger.fill(0xff)
  assert.deepEqual(read, answer)
})

test('the answer to another question is refused', () => {
  assert.throws(() => decodeAnswer('other', encodeAnswer('key', answer)), { code: 'MILL_DATA_INVALID' })
})

test('what is cut off, prolonged or changed in any place is refused', () => {
  const bytes = encodeAnswer('key', answer)
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => decodeAnswer('key', bytes.subarray(0, length)), { code: 'MILL_DATA_INVALID' })
  }
  assert.throws(() => decodeAnswer('key', Buffer.concat([bytes, Buffer.alloc(1)])), { code: 'MILL_DATA_INVALID' })
  for (let index = 0; index < bytes.length; index++) {
    const changed = Buffer.from(bytes)
    changed[index]! ^= 1
    assert.throws(() => decodeAnswer('key', changed), { code: 'MILL_DATA_INVALID' })
  }
})

test('bytes that nobody wrote are refused, whatever they are', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
      assert.throws(() => decodeAnswer('key', bytes), { code: 'MILL_DATA_INVALID' })
    })
  )
})
