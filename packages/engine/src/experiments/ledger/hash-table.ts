/** How many parts a table has. */
export const shardCount = 64
const smallestShard = 16
/** A part that is fuller than this grows. */
const fullest = 0.7

/** A part of a table: `capacity` entries of the same number of words, those with a first word of 0 unused. */
interface Shard {
  words: Uint32Array
  doubles: Float64Array
  mask: number
  size: number
}

/**
 * Entries of a few words by a hash of 64 bits, which are the first two of them; the first is never 0. What is found or
 * added stands in `words` (and `doubles`, the same memory) from `at` on until the next call.
 *
 * Grows in 64 parts one by one, so that no call takes more than a millisecond or two, at two million entries. Uses between 1.4 and 2.8
 * times the memory of its entries. Time O(1) a call on average: some 50 ns, most of it for memory that is not near.
 */
export class HashTable {
  /** Words of an entry. */
  readonly stride: number
  readonly #shards: (Shard | undefined)[] = Array.from({ length: shardCount })
  #size = 0
  #bytes = 0
  /** The part that was looked at last. */
  #shard: Shard = { words: new Uint32Array(0), doubles: new Float64Array(0), mask: 0, size: 0 }
  /** Where in `words` the entry stands that was found or added last; half of that in `doubles`. */
  at = 0

  /** @param stride words of an entry, an even number >= 2 */
  constructor(stride: number) {
    this.stride = stride
  }

  get size(): number {
    return this.#size
  }

  get words(): Uint32Array {
    return this.#shard.words
  }

  get doubles(): Float64Array {
    return this.#shard.doubles
  }

  get memoryBytes(): number {
    return this.#bytes
  }

  /** Whether there is an entry; points at it if so. */
  find(first: number, second: number): boolean {
    const shard = this.#shards[second & (shardCount - 1)]
    return shard !== undefined && this.#point(shard, first, second)
  }

  /** Point at the entry, which is added, all else of it 0, where there is none. @returns whether it was added */
  put(first: number, second: number): boolean {
    const number = second & (shardCount - 1)
    let shard = this.#shards[number] ?? this.#create(number, smallestShard)
    if (this.#point(shard, first, second)) return false
    if (shard.size + 1 > fullest * (shard.mask + 1)) {
      shard = this.#grow(number, shard)
      this.#point(shard, first, second)
    }
    shard.words[this.at] = first
    shard.words[this.at + 1] = second
    shard.size++
    this.#size++
    return true
  }

  /** Point at each entry of some parts in turn; `visit` may change the entry, and must not add any. */
  forEach(visit: () => void, first = 0, end = shardCount): void {
    for (let number = first; number < end; number++) {
      const shard = this.#shards[number]
      if (shard !== undefined) this.#each(shard, visit)
    }
  }

  /** The entries of a part, 0 to 63, one after the other; undefined for an empty one. */
  copyOfPart(number: number): Uint32Array<ArrayBuffer> | undefined {
    const shard = this.#shards[number]
    if (shard === undefined) return undefined
    const stride = this.stride
    const copy = new Uint32Array(shard.size * stride)
    let end = 0
    for (let at = 0; at < shard.words.length; at += stride) {
      if (shard.words[at] === 0) continue
      for (let word = 0; word < stride; word++) copy[end++] = shard.words[at + word]!
    }
    return copy
  }

  /** Take over the entries of a part of another table of the same stride, in place of what is there. */
  adoptPart(number: number, entries: Uint32Array): void {
    const former = this.#shards[number]
    this.#size -= former?.size ?? 0
    this.#bytes -= former?.words.byteLength ?? 0
    const size = entries.length / this.stride
    const shard = this.#create(number, Math.max(smallestShard, 2 ** Math.ceil(Math.log2((size + 1) / fullest))))
    this.#fill(shard, entries)
    shard.size = size
    this.#size += size
  }

  #create(number: number, capacity: number): Shard {
    return this.#hold(number, new Uint32Array(capacity * this.stride))
  }

  #hold(number: number, words: Uint32Array<ArrayBuffer>): Shard {
    const doubles = new Float64Array(words.buffer, words.byteOffset, words.length / 2)
    const shard = { words, doubles, mask: words.length / this.stride - 1, size: 0 }
    this.#shards[number] = shard
    this.#bytes += words.byteLength
    return shard
  }

  /** Point at the entry, or at the free place where it would be. */
  #point(shard: Shard, first: number, second: number): boolean {
    const { words, mask } = shard
    const stride = this.stride
    let place = first & mask
    this.#shard = shard
    for (;;) {
      const at = place * stride
      const found = words[at]!
      if (found === 0 || (found === first && words[at + 1] === second)) {
        this.at = at
        return found !== 0
      }
      place = (place + 1) & mask
    }
  }

  #grow(number: number, former: Shard): Shard {
    const shard = this.#create(number, 2 * (former.mask + 1))
    this.#bytes -= former.words.byteLength
    shard.size = former.size
    this.#fill(shard, former.words)
    return shard
  }

  /** Put entries into an empty part that has room for them. */
  #fill(shard: Shard, entries: Uint32Array): void {
    const stride = this.stride
    const { words, mask } = shard
    for (let at = 0; at < entries.length; at += stride) {
      if (entries[at] === 0) continue
      let place = entries[at]! & mask
      while (words[place * stride] !== 0) place = (place + 1) & mask
      for (let word = 0; word < stride; word++) words[place * stride + word] = entries[at + word]!
    }
  }

  #each(shard: Shard, visit: () => void): void {
    for (let at = 0; at < shard.words.length; at += this.stride) {
      if (shard.words[at] === 0) continue
      this.#shard = shard
      this.at = at
      visit()
    }
  }
}
