import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32 as zlibCrc32 } from 'node:zlib'
import * as fc from 'fast-check'
import { crc32 } from '../src/crc32.ts'

test('gives the check value of the standard', () => {
  assert.equal(crc32(new TextEncoder().encode('123456789')), 0xcbf43926)
})

test('agrees with zlib, at every length and from every start', () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, index) => (index * 167) ^ (index >>> 2))
  for (let length = 0; length < 40; length++) agreesWithZlib(bytes.subarray(length % 7, (length % 7) + length))
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200, size: 'max' }), agreesWithZlib))
})

function agreesWithZlib(bytes: Uint8Array): void {
  assert.equal(crc32(bytes), zlibCrc32(bytes))
}
