import { type Hash128, murmurHash } from './murmur-hash.ts'

/** Hashes texts by their UTF-16 code units, so that half a surrogate pair counts too. Uses its memory again. */
export class TextHasher {
  #words = new Int32Array(32)

  /** @param hash takes the result */
  hash(text: string, seed: number, hash: Hash128): void {
    const words = this.#cleared((text.length + 1) >>> 1)
    for (let index = 0; index < text.length; index++) {
      words[index >>> 1]! |= text.charCodeAt(index) << (16 * (index & 1))
    }
    murmurHash(words, 2 * text.length, seed, hash)
  }

  /** Room for `count` words, all 0 up to the end of the last block of 4. */
  #cleared(count: number): Int32Array {
    const blocks = 4 * (1 + (count >>> 2))
    if (blocks > this.#words.length) this.#words = new Int32Array(2 * blocks)
    else this.#words.fill(0, 0, blocks)
    return this.#words
  }
}
