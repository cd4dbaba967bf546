import assert from 'node:assert/strict'
import { test } from 'node:test'
import { murmurHash } from '../src/learning/murmur-hash.ts'

/** The first bytes of the hash of `bytes`. */
function hashOf(bytes: Uint8Array, seed: number): Uint8Array {
  const padded = new Uint8Array(16 * Math.ceil((bytes.length + 1) / 16))
  padded.set(bytes)
  const hash = new Int32Array(4)
  murmurHash(new Int32Array(padded.buffer), bytes.length, seed, hash)
  return new Uint8Array(hash.buffer)
}

test('it is MurmurHash3_x86_128, by the verification value of its author', () => {
  // SMHasher hashes the keys {}, {0}, {0, 1}, … with the seeds 256, 255, 254, …, then all hashes together.
  const hashes = new Uint8Array(16 * 256)
  const key = Uint8Array.from({ length: 256 }, (_, index) => index)
  for (let length = 0; length < 256; length++) {
    hashes.set(hashOf(key.subarray(0, length), 256 - length), 16 * length)
  }
  const [a, b, c, d] = hashOf(hashes, 0)
  assert.equal(((d! << 24) | (c! << 16) | (b! << 8) | a!) >>> 0, 0xb3ece62a)
})
