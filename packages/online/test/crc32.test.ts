import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32 as zlibCrc32 } from 'node:zlib'
import { crc32 } from '../src/crc32.ts'

test('gives the check value of the standard', () => {
  assert.equal(crc32(new TextEncoder().encode('123456789')), 0xcbf43926)
})

test('agrees with zlib', () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, index) => (index * 167) ^ (index >>> 2))
  for (const length of [0, 1, 255, 1000])
    assert.equal(crc32(bytes.subarray(0, length)), zlibCrc32(bytes.subarray(0, length)))
})
