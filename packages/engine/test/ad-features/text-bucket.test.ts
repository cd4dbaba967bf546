import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { textBucket, textHash } from '../../src/ad-features/text-bucket.ts'

/** FNV-1a as its description has it, in whole numbers of any size. */
function hashOfBytes(text: string): number {
  let hash = 0x811c9dc5n
  for (const byte of Buffer.from(text, 'utf8')) hash = ((hash ^ BigInt(byte)) * 0x01000193n) & 0xffffffffn
  return Number(hash)
}

test('the hash is FNV-1a', () => {
  // From the test vectors of RFC 9923 and of its reference implementation.
  assert.equal(textHash(''), 0x811c9dc5)
  assert.equal(textHash('a'), 0xe40c292c)
  assert.equal(textHash('foobar'), 0xbf9cf968)
})

test('the hash is that of the bytes of UTF-8, whatever the text', () => {
  const texts = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map(code => String.fromCharCode(code)) })
  fc.assert(fc.property(fc.oneof(texts, fc.string({ unit: 'binary' })), text => textHash(text) === hashOfBytes(text)))
})

test('buckets are those of the mixed hash', () => {
  // Worked out in Python with whole numbers of any size.
  const buckets = ['', 'a', 'foobar', 'placement_456', 'sports'].map(text => textBucket(text, 64))
  assert.deepEqual(buckets, [11, 51, 28, 24, 58])
})

test('every bucket gets its part of many similar names', () => {
  const counts = Array.from({ length: 64 }, () => 0)
  for (let index = 0; index < 6400; index++) counts[textBucket(`placement_${index}`, 64)]!++
  // 100 each are expected with a standard deviation of 10.
  assert.ok(Math.min(...counts) > 60 && Math.max(...counts) < 140, counts.join(' '))
})

test('letters that share their last five bits do not share all buckets', () => {
  const letters = ['0', 'P', 'p', '\u0010']
  assert.ok(new Set(letters.map(letter => textBucket(letter, 32))).size > 1)
})
