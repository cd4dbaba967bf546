import type { HashPair, Said } from './outcome-fact.ts'

/** How long and how many requests are remembered. */
export interface RequestLimits {
  /** Integer >= 1, milliseconds. */
  ttlMs: number
  /** Integer >= 1; the oldest give way, some thousands at a time. */
  limit: number
}

/** A request that was served. */
export interface KnownRequest {
  readonly experiment: string
  readonly arm: number
  readonly unit: HashPair
  /** Whether the unit cannot come back. */
  readonly isPassing: boolean
  readonly prediction: Said | undefined
}

/** Where requests are found. */
export interface KnownRequests {
  find(request: HashPair, now: number): KnownRequest | undefined
}

/** A request as it is kept: hashes of it and of its unit, what was predicted, and `requestMarks` of the rest. */
export interface RequestEntry {
  readonly request: HashPair
  readonly unit: HashPair
  /** 0 where there is nothing to be compared. */
  readonly value: number
  readonly marks: number
  /** Milliseconds since 1970; a window keeps it to the second. */
  readonly time: number
}

const armBits = 0x1f
const passingMark = 0x20
const numberMark = 0x40
const textMark = 0x80
/** The number of the experiment stands above these bits of the marks. */
export const experimentBits = 8
/** Words of a request: hash, unit, prediction (two), seconds since 1970, marks. */
export const requestWords = 8
const largestPage = 8192

/**
 * Which requests were served by which arm to whom and with which prediction, of the latest ones. 32 bytes each, and 4 more
 * once something is asked; a few nanoseconds to remember one, and some microseconds to find one of a million.
 */
export class RequestWindow implements KnownRequests {
  readonly #limits: RequestLimits
  readonly #pageSize: number
  /** Oldest first. */
  readonly #pages: RequestPage[] = []
  /** The last of them, once there is any. */
  #page: RequestPage | undefined
  readonly #experiments: string[] = []
  readonly #numbers = new Map<string, number>()
  #count = 0

  constructor(limits: RequestLimits) {
    this.#limits = limits
    this.#pageSize = Math.max(1, Math.min(largestPage, Math.floor(limits.limit / 8)))
  }

  get size(): number {
    return this.#pages.reduce((sum, { size }) => sum + size, 0)
  }

  /** How many requests were ever added. */
  get count(): number {
    return this.#count
  }

  get memoryBytes(): number {
    return this.#pages.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0)
  }

  /** A number for an experiment, for `requestMarks`. */
  numberOf(experiment: string): number {
    let number = this.#numbers.get(experiment)
    if (number === undefined) {
      number = this.#experiments.push(experiment) - 1
      this.#numbers.set(experiment, number)
    }
    return number
  }

  /** The experiment that has a number. */
  nameOf(number: number): string {
    return this.#experiments[number]!
  }

  /** Remember a request; of two with one id the later one is found. */
  add(request: HashPair, unit: HashPair, marks: number, value: number, time: number): void {
    if (this.#page === undefined || this.#page.isFull) this.#pages.push((this.#page = this.#newPage(time)))
    this.#page.add(request, unit, marks, value, time)
    this.#count++
  }

  /** The latest so many, as far as they are there, in the order in which they came: parts of the memory they are in. */
  last(number: number): Uint32Array[] {
    let skipped = Math.max(0, this.size - number)
    const pieces: Uint32Array[] = []
    for (const page of this.#pages) {
      if (skipped < page.size) pieces.push(page.from(skipped))
      skipped = Math.max(0, skipped - page.size)
    }
    return pieces
  }

  find(request: HashPair, now: number): KnownRequest | undefined {
    const oldest = (now - this.#limits.ttlMs) / 1000
    for (let index = this.#pages.length - 1; index >= 0; index--) {
      const page = this.#pages[index]!
      const at = page.find(request.first, request.second)
      if (at !== -1) return page.words[at + 6]! < Math.floor(oldest) ? undefined : this.#known(page, at)
    }
    return undefined
  }

  #known({ words, doubles }: RequestPage, at: number): KnownRequest {
    const marks = words[at + 7]!
    const isSaid = (marks & (numberMark | textMark)) !== 0
    return {
      experiment: this.nameOf(marks >>> experimentBits),
      arm: marks & armBits,
      unit: { first: words[at + 2]!, second: words[at + 3]! },
      isPassing: (marks & passingMark) !== 0,
      prediction: isSaid ? { isText: (marks & textMark) !== 0, value: doubles[at / 2 + 2]! } : undefined
    }
  }

  #newPage(now: number): RequestPage {
    const oldest = (now - this.#limits.ttlMs) / 1000
    const most = Math.floor(this.#limits.limit / this.#pageSize) - 1
    const isOver = (page: RequestPage): boolean => page.newest < oldest
    let gone = Math.max(0, this.#pages.length - most)
    while (gone < this.#pages.length && isOver(this.#pages[gone]!)) gone++
    this.#pages.splice(0, gone)
    return new RequestPage(this.#pageSize)
  }
}

/** Some thousands of requests in the order they came, with an index that is made when it is first needed. */
class RequestPage {
  readonly words: Uint32Array
  readonly doubles: Float64Array
  size = 0
  readonly #capacity: number
  /** For places by hash: 1 + the index of a request; 0 for none. */
  #index: Uint16Array | undefined
  #indexed = 0

  constructor(capacity: number) {
    this.#capacity = capacity
    this.words = new Uint32Array(requestWords * capacity)
    this.doubles = new Float64Array(this.words.buffer)
  }

  get isFull(): boolean {
    return this.size === this.#capacity
  }

  get memoryBytes(): number {
    return this.words.byteLength + (this.#index?.byteLength ?? 0)
  }

  /** Of its last request, in seconds since 1970. */
  get newest(): number {
    return this.size === 0 ? Infinity : this.words[requestWords * (this.size - 1) + 6]!
  }

  add(request: HashPair, unit: HashPair, marks: number, value: number, time: number): void {
    const at = requestWords * this.size
    const { words } = this
    words[at] = request.first
    words[at + 1] = request.second
    words[at + 2] = unit.first
    words[at + 3] = unit.second
    this.doubles[at / 2 + 2] = value
    words[at + 6] = time / 1000
    words[at + 7] = marks
    this.size++
  }

  /** The words of the request with an index, and of all after it. */
  from(index: number): Uint32Array {
    return this.words.subarray(requestWords * index, requestWords * this.size)
  }

  /** Where the last request with this hash stands among the words; -1 for none. */
  find(first: number, second: number): number {
    const index = this.#upToDate()
    const place = this.#placeOf(index, first, second)
    return index[place] === 0 ? -1 : requestWords * (index[place]! - 1)
  }

  #upToDate(): Uint16Array {
    this.#index ??= new Uint16Array(2 ** Math.ceil(Math.log2(2 * this.#capacity + 1)))
    for (; this.#indexed < this.size; this.#indexed++) {
      const at = requestWords * this.#indexed
      this.#index[this.#placeOf(this.#index, this.words[at]!, this.words[at + 1]!)] = this.#indexed + 1
    }
    return this.#index
  }

  #placeOf(index: Uint16Array, first: number, second: number): number {
    const mask = index.length - 1
    let place = first & mask
    for (;;) {
      const found = index[place]!
      if (found === 0) return place
      const at = requestWords * (found - 1)
      if (this.words[at] === first && this.words[at + 1] === second) return place
      place = (place + 1) & mask
    }
  }
}

/** Arm, marks and experiment of a request in one number. @param said the prediction, where it is to be compared */
export function requestMarks(experiment: number, arm: number, isPassing: boolean, said: Said | undefined): number {
  const saidMark = said === undefined ? 0 : said.isText ? textMark : numberMark
  return ((experiment << experimentBits) | (isPassing ? passingMark : 0) | saidMark | arm) >>> 0
}
