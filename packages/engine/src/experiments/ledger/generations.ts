import { HashTable } from './hash-table.ts'

const most = 8

/**
 * The latest entries by hash, as in a {@link HashTable}: at most a given number of them, the oldest giving way an eighth
 * at a time. Points at an entry as the table does.
 */
export class Generations {
  readonly #stride: number
  readonly #limit: number
  /** Newest first. */
  #tables: HashTable[] = []
  /** The table that was looked at last. */
  #table: HashTable

  /** @param stride words of an entry, even and >= 2 @param limit of entries, >= 8 */
  constructor(stride: number, limit: number) {
    this.#stride = stride
    this.#limit = limit
    this.#table = new HashTable(stride)
  }

  /** Where the entry stands that was found or added last. */
  get words(): Uint32Array {
    return this.#table.words
  }

  get doubles(): Float64Array {
    return this.#table.doubles
  }

  get at(): number {
    return this.#table.at
  }

  get size(): number {
    return this.#tables.reduce((sum, { size }) => sum + size, 0)
  }

  get memoryBytes(): number {
    return this.#tables.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0)
  }

  /** Whether there is an entry; points at the newest if so. */
  find(first: number, second: number): boolean {
    for (const table of this.#tables) if (this.#pointAs(table).find(first, second)) return true
    return false
  }

  /** Point at the entry among the newest, which is added where there is none. */
  put(first: number, second: number): void {
    let newest = this.#tables[0]
    if (newest === undefined || newest.size >= this.#limit / most) newest = this.begin()
    this.#pointAs(newest).put(first, second)
  }

  /** Point at each entry in turn, oldest first. */
  forEach(visit: () => void): void {
    for (const table of this.#tables.toReversed()) {
      this.#pointAs(table).forEach(visit)
    }
  }

  /** Oldest first. */
  tables(): HashTable[] {
    return this.#tables.toReversed()
  }

  /** A new one that takes the next entries, in place of the oldest if there are enough. */
  begin(): HashTable {
    const newest = new HashTable(this.#stride)
    this.#tables = [newest, ...this.#tables.slice(0, most - 1)]
    return newest
  }

  #pointAs(table: HashTable): HashTable {
    this.#table = table
    return table
  }
}
