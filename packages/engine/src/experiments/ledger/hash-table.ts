/** How many parts a table has. */
export const shardCount = 64
const smallestShard = 16
/** Places of a part that are taken at most, out of all. */
const fullest = 0.7

/** A part of a table: entries one after the other as they came, and where they are by their hash. */
interface Shard {
  /** Entries of the same number of words each, with room for as many as the index may have. */
  readonly words: Uint32Array
  readonly doubles: Float64Array
  /**
   * For places by hash, a power of two of them: 0, or 1 + the number of an entry in the lower bits, as many as a place has,
   * and above them those of the entry's first word.
   */
  readonly index: Uint32Array
  readonly mask: number
  size: number
}

/**
 * Entries of a few words by a hash of 64 bits, which are the first two of them; the first is never 0. What is found or
 * added stands in `words` (and `doubles`, the same memory) from `at` on until the next call.
 *
 * Entries stand in the order in which they came, and beside them an index of four bytes a place: one that is new costs a
 * look into the index, which is small enough to be near the processor, and is written behind the last one. Looks for an
 * entry in a table of entries itself, four times as large, took twice as long. Grows in 64 parts one by one, so that no
 * call takes more than a millisecond or two, at two million entries. Entries of 16 bytes take 22 to 44. Time O(1) a call
 * on average: some 100 ns with a million entries, most of it for memory that is not near.
 */
export class HashTable {
  /** Words of an entry. */
  readonly stride: number
  readonly #shards: (Shard | undefined)[] = Array.from({ length: shardCount })
  #size = 0
  #bytes = 0
  /** The part that was looked at last. */
  #shard: Shard
  /** Where in `words` the entry stands that was found or added last; half of that in `doubles`. */
  at = 0

  /** @param stride words of an entry, an even number >= 2 */
  constructor(stride: number) {
    this.stride = stride
    this.#shard = newShard(0, stride)
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

  /**
   * Read where a search would begin, so that this memory is near when it does: before many searches the processor waits
   * for all of it at once, and not for one after the other.
   * @returns something that must be used, or the compiler leaves the reading out
   */
  approach(first: number, second: number): number {
    const shard = this.#shards[second & (shardCount - 1)]
    return shard === undefined ? 0 : shard.index[first & shard.mask]!
  }

  /** Whether there is an entry; points at it if so. */
  find(first: number, second: number): boolean {
    const shard = this.#shards[second & (shardCount - 1)]
    return shard !== undefined && this.#look(shard, first, second) < 0
  }

  /** Point at the entry, which is added, all else of it 0, where there is none. @returns whether it was added */
  put(first: number, second: number): boolean {
    const number = second & (shardCount - 1)
    let shard = this.#shards[number] ?? this.#hold(number, newShard(smallestShard, this.stride))
    let place = this.#look(shard, first, second)
    if (place < 0) return false
    if (shard.size + 1 > fullest * (shard.mask + 1)) {
      shard = this.#grow(number, shard)
      place = this.#look(shard, first, second)
    }
    const { words } = shard
    const at = shard.size * this.stride
    shard.index[place] = (first & ~shard.mask) | ++shard.size
    words[at] = first
    words[at + 1] = second
    this.at = at
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
    return shard && new Uint32Array(shard.words.subarray(0, shard.size * this.stride))
  }

  /** Take over the entries of a part of another table of the same stride, in place of what is there. */
  adoptPart(number: number, entries: Uint32Array): void {
    this.#size -= this.#shards[number]?.size ?? 0
    const size = entries.length / this.stride
    const capacity = Math.max(smallestShard, 2 ** Math.ceil(Math.log2((size + 1) / fullest)))
    this.#fill(this.#hold(number, newShard(capacity, this.stride)), entries)
    this.#size += size
  }

  #hold(number: number, shard: Shard): Shard {
    this.#bytes += bytesOf(shard) - bytesOf(this.#shards[number])
    this.#shards[number] = shard
    return shard
  }

  /** Point at the entry. @returns -1, or the free place of the index where it would be */
  #look(shard: Shard, first: number, second: number): number {
    const { index, words, mask } = shard
    const stride = this.stride
    let place = first & mask
    this.#shard = shard
    for (;;) {
      const found = index[place]!
      if (found === 0) return place
      if (((found ^ first) & ~mask) === 0) {
        const at = ((found & mask) - 1) * stride
        if (words[at] === first && words[at + 1] === second) {
          this.at = at
          return -1
        }
      }
      place = (place + 1) & mask
    }
  }

  #grow(number: number, former: Shard): Shard {
    const shard = this.#hold(number, newShard(2 * (former.mask + 1), this.stride))
    this.#fill(shard, former.words.subarray(0, former.size * this.stride))
    return shard
  }

  /** Put entries into an empty part that has room for them. */
  #fill(shard: Shard, entries: Uint32Array): void {
    const stride = this.stride
    const { index, words, mask } = shard
    words.set(entries)
    const size = entries.length / stride
    for (let entry = 0; entry < size; entry++) {
      const first = words[entry * stride]!
      let place = first & mask
      while (index[place] !== 0) place = (place + 1) & mask
      index[place] = (first & ~mask) | (entry + 1)
    }
    shard.size = size
  }

  #each(shard: Shard, visit: () => void): void {
    const end = shard.size * this.stride
    for (let at = 0; at < end; at += this.stride) {
      this.#shard = shard
      this.at = at
      visit()
    }
  }
}

/** @param places of its index */
function newShard(places: number, stride: number): Shard {
  const words = new Uint32Array(Math.floor(fullest * places) * stride)
  const doubles = new Float64Array(words.buffer)
  return { words, doubles, index: new Uint32Array(places), mask: places - 1, size: 0 }
}

function bytesOf(shard: Shard | undefined): number {
  return shard === undefined ? 0 : shard.words.byteLength + shard.index.byteLength
}
