import type { NamedTensor } from '@millrace/runtime'
import { AnswerEntries, tagOf } from './answer-entries.ts'
import { AnswerIndex, placeBytes } from './answer-index.ts'
import { chunkCount } from './entry-log.ts'
import { alignment } from './memory.ts'

/** There is a place in the index for so many bytes, which is enough for the smallest answers. */
const bytesForPlace = 96

/** With fewer there is no room for any answer either. */
const fewestPlaces = 2

/** More than this is not used: it could not be addressed. */
const mostBytes = 2 ** 34

/** Bytes that are written anew at once, and a last answer beyond, so that no call takes much longer than another. */
const mostRenewed = 32_768

/** Everything that is allocated for answers. */
interface Allocated {
  readonly index: AnswerIndex
  readonly entries: AnswerEntries
}

/**
 * Answers in memory, within a number of bytes that holds for all of it, index and all. They are kept as bytes and not as
 * objects, through which the garbage collector would go again and again: here it finds nothing to do, however many
 * answers there are. And no one can change an answer for others, as all get their own.
 *
 * New answers go to the end of a log. When there is no room the oldest are forgotten, but one that was used since it
 * was written is written anew at the end: what is used stays, about as if those used longest ago went first, while a
 * use costs no more than a mark. Nothing is allocated before the first answer. Getting an answer of two
 * tensors takes some 0.4 µs, setting one 0.9 µs.
 * @see Corbató, "A paging experiment with the Multics system" (1968), for the second chance
 */
export class AnswerMemory {
  readonly #places: number
  readonly #largest: number
  #allocated: Allocated | undefined
  /** How many were forgotten for want of room. */
  evictions = 0

  constructor(maxBytes: number) {
    const bytes = Math.min(maxBytes, mostBytes)
    this.#places = Math.floor(bytes / bytesForPlace)
    const logBytes = bytes - placeBytes * this.#places
    this.#largest = Math.floor(logBytes / chunkCount / alignment) * alignment
  }

  /** Bytes that are in use, with the index, which is made for all that it may ever hold. */
  get bytes(): number {
    return this.#allocated === undefined ? 0 : this.#allocated.index.bytes + this.#allocated.entries.log.usedBytes
  }

  /** How many answers there are, some of which may have expired. */
  get size(): number {
    return this.#allocated?.index.size ?? 0
  }

  /** @param key 32 characters below 256, of which the first are as random as can be */
  get(key: string, now: number): NamedTensor[] | undefined {
    if (this.#allocated === undefined) return undefined
    const { index, entries } = this.#allocated
    const found = findKey(this.#allocated, key)
    if (found === -1) return undefined
    const place = index.value(found)
    if (entries.hasExpired(place, now)) {
      index.remove(found)
      return undefined
    }
    entries.mark(place, true)
    return entries.read(place)
  }

  /**
   * Keep an answer, in place of the one that is kept for the same key.
   * @param times when it expires, and what the time is now
   * @returns false for an answer that takes more than about an eighth of the memory: it is not kept
   */
  set(key: string, outputs: readonly NamedTensor[], times: { expiresAt: number; now: number }): boolean {
    if (this.#places < fewestPlaces) return false
    const allocated = (this.#allocated ??= this.#allocate())
    const { index, entries } = allocated
    const bytes = entries.prepare(outputs)
    if (bytes > this.#largest) return false
    const before = findKey(allocated, key)
    if (before !== -1) index.remove(before)
    let renewed = 0
    while (index.isFull || !entries.log.hasRoom(bytes)) {
      const more = renewed < mostRenewed ? renewOldest(allocated, times.now) : 0
      if (more === 0) this.#dropOldest(allocated, times.now)
      renewed += more
    }
    index.add(tagOf(key), entries.add(bytes, key, times.expiresAt))
    return true
  }

  /** Forget all, and give the memory back. */
  clear(): void {
    this.#allocated = undefined
  }

  #allocate(): Allocated {
    return { index: new AnswerIndex(this.#places), entries: new AnswerEntries(this.#largest) }
  }

  #dropOldest({ index, entries }: Allocated, now: number): void {
    const oldest = entries.log.oldest()
    const found = findPlace({ index, entries }, oldest)
    if (found !== -1) {
      index.remove(found)
      if (!entries.hasExpired(oldest, now)) this.evictions++
    }
    entries.log.dropOldest()
  }
}

/** Write the oldest answer anew at the end, if it was used. @returns bytes of it; 0 if it is where it was */
function renewOldest({ index, entries }: Allocated, now: number): number {
  const { log } = entries
  const oldest = log.oldest()
  if (!entries.isMarked(oldest) || entries.hasExpired(oldest, now)) return 0
  const found = findPlace({ index, entries }, oldest)
  if (found === -1) return 0
  const place = log.renewOldest()
  entries.mark(place, false)
  index.replace(found, place)
  return log.lengthAt(place)
}

/** Where the index has an answer; -1 if there is none. */
function findKey({ index, entries }: Allocated, key: string): number {
  const tag = tagOf(key)
  let found = index.first(tag)
  while (found !== -1 && !entries.hasKey(index.value(found), key)) found = index.next(tag, found)
  return found
}

/** Where the index has an entry; -1 for one that was forgotten, or replaced. */
function findPlace({ index, entries }: Allocated, place: number): number {
  const tag = entries.tag(place)
  let found = index.first(tag)
  while (found !== -1 && index.value(found) !== place) found = index.next(tag, found)
  return found
}
