const offsetBasis = 0x811c9dc5
const prime = 0x01000193
const replacement = 0xfffd

/**
 * Which of `count` buckets a text falls into: its {@link textHash}, mixed by the last step of MurmurHash3, modulo `count`.
 * Unmixed, the last bits of a hash come from the last bits of the characters alone.
 * @see Appleby, MurmurHash3.cpp in SMHasher, public domain
 */
export function textBucket(text: string, count: number): number {
  let hash = textHash(text)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) % count
}

/**
 * The 32-bit FNV-1a hash of a text in UTF-8. Half a surrogate pair counts as U+FFFD, as in every UTF-8 encoder. Time
 * O(length).
 * @see Fowler et al., "The FNV Non-Cryptographic Hash Algorithm", RFC 9923
 */
export function textHash(text: string): number {
  let hash = offsetBasis
  const take = (byte: number): void => {
    hash = Math.imul(hash ^ byte, prime)
  }
  for (let index = 0; index < text.length; index++) {
    let code = text.codePointAt(index)!
    if (code > 0xffff) index++
    else if (code >= 0xd800 && code <= 0xdfff) code = replacement
    encode(code, take)
  }
  return hash >>> 0
}

/** Give the UTF-8 bytes of a code point one by one. */
function encode(code: number, take: (byte: number) => void): void {
  if (code < 0x80) return take(code)
  if (code < 0x800) take(0xc0 | (code >> 6))
  else {
    if (code < 0x10000) take(0xe0 | (code >> 12))
    else {
      take(0xf0 | (code >> 18))
      take(0x80 | ((code >> 12) & 0x3f))
    }
    take(0x80 | ((code >> 6) & 0x3f))
  }
  take(0x80 | (code & 0x3f))
}
