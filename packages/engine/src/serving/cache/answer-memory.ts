import type { NamedTensor } from '@millrace/runtime'

/** An answer, between the one used before it and the one used after it. */
interface Entry {
  readonly key: string
  readonly outputs: readonly NamedTensor[]
  readonly bytes: number
  readonly expiresAt: number
  older: Entry | undefined
  newer: Entry | undefined
}

/**
 * Answers in memory, within a number of bytes: when there is no room, those used longest ago are forgotten. Time O(1) a
 * call; no list is ever rebuilt, so that none takes much longer than another.
 */
export class AnswerMemory {
  readonly #maxBytes: number
  readonly #entries = new Map<string, Entry>()
  #oldest: Entry | undefined
  #newest: Entry | undefined
  #bytes = 0
  /** How many were forgotten for want of room. */
  evictions = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** How many answers there are, some of which may have expired. */
  get size(): number {
    return this.#entries.size
  }

  get(key: string, now: number): readonly NamedTensor[] | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#unlink(entry)
    if (now >= entry.expiresAt) {
      this.#forget(entry)
      return undefined
    }
    this.#link(entry)
    return entry.outputs
  }

  /** @param bytes no more than there may be in all */
  set(key: string, { outputs, bytes, expiresAt }: Pick<Entry, 'outputs' | 'bytes' | 'expiresAt'>): void {
    const before = this.#entries.get(key)
    if (before !== undefined) this.#drop(before)
    while (this.#oldest !== undefined && this.#bytes + bytes > this.#maxBytes) {
      this.#drop(this.#oldest)
      this.evictions++
    }
    const entry: Entry = { key, outputs, bytes, expiresAt, older: undefined, newer: undefined }
    this.#entries.set(key, entry)
    this.#bytes += bytes
    this.#link(entry)
  }

  clear(): void {
    this.#entries.clear()
    this.#oldest = undefined
    this.#newest = undefined
    this.#bytes = 0
  }

  #drop(entry: Entry): void {
    this.#unlink(entry)
    this.#forget(entry)
  }

  #forget(entry: Entry): void {
    this.#entries.delete(entry.key)
    this.#bytes -= entry.bytes
  }

  /** Put last in the order of use. */
  #link(entry: Entry): void {
    entry.older = this.#newest
    entry.newer = undefined
    if (this.#newest === undefined) this.#oldest = entry
    else this.#newest.newer = entry
    this.#newest = entry
  }

  #unlink({ older, newer }: Entry): void {
    if (older === undefined) this.#oldest = newer
    else older.newer = newer
    if (newer === undefined) this.#newest = older
    else newer.older = older
  }
}
