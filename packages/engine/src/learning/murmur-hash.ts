/** A hash of 128 bits, as four signed 32-bit integers. */
export type Hash128 = Int32Array

/**
 * MurmurHash3_x86_128 of the first `byteLength` bytes of `words`, each word's lowest byte first; what follows them must
 * be 0, up to a multiple of 16 bytes. Not for secrets: whoever wants two texts of one hash can find them.
 * @param hash takes the result; may not be `words`
 * @see Appleby, MurmurHash3.cpp in SMHasher, public domain
 */
export function murmurHash(words: Int32Array, byteLength: number, seed: number, hash: Hash128): void {
  let h1 = seed
  let h2 = seed
  let h3 = seed
  let h4 = seed
  const whole = byteLength >>> 4
  for (let block = 0; block < whole; block++) {
    const at = 4 * block
    h1 = (Math.imul(rotated(h1 ^ scrambled1(words[at]!), 19) + h2, 5) + 0x561ccd1b) | 0
    h2 = (Math.imul(rotated(h2 ^ scrambled2(words[at + 1]!), 17) + h3, 5) + 0x0bcaa747) | 0
    h3 = (Math.imul(rotated(h3 ^ scrambled3(words[at + 2]!), 15) + h4, 5) + 0x96cd1c35) | 0
    h4 = (Math.imul(rotated(h4 ^ scrambled4(words[at + 3]!), 13) + h1, 5) + 0x32ac3b17) | 0
  }
  if ((byteLength & 15) !== 0) {
    const at = 4 * whole
    // A word of zeros changes nothing, so the rest may be taken as if it were whole.
    h1 ^= scrambled1(words[at]!)
    h2 ^= scrambled2(words[at + 1]!)
    h3 ^= scrambled3(words[at + 2]!)
    h4 ^= scrambled4(words[at + 3]!)
  }
  h1 ^= byteLength
  h2 ^= byteLength
  h3 ^= byteLength
  h4 ^= byteLength
  h1 = (h1 + h2 + h3 + h4) | 0
  const a = finished(h1)
  const b = finished((h2 + h1) | 0)
  const c = finished((h3 + h1) | 0)
  const d = finished((h4 + h1) | 0)
  const first = (a + b + c + d) | 0
  hash[0] = first
  hash[1] = b + first
  hash[2] = c + first
  hash[3] = d + first
}

function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

function scrambled1(word: number): number {
  return Math.imul(rotated(Math.imul(word, 0x239b961b), 15), 0xab0e9789)
}

function scrambled2(word: number): number {
  return Math.imul(rotated(Math.imul(word, 0xab0e9789), 16), 0x38b34ae5)
}

function scrambled3(word: number): number {
  return Math.imul(rotated(Math.imul(word, 0x38b34ae5), 17), 0xa1e38b93)
}

function scrambled4(word: number): number {
  return Math.imul(rotated(Math.imul(word, 0xa1e38b93), 18), 0x239b961b)
}

function finished(word: number): number {
  let mixed = word ^ (word >>> 16)
  mixed = Math.imul(mixed, 0x85ebca6b)
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
