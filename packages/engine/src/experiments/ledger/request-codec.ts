import { damagedEntry, EntryBytes, EntryReader } from './entry-bytes.ts'
import { experimentBits, type RequestEntry } from './request-window.ts'

const version = 1
const tags = { experiment: 1, request: 0x80 } as const
/** In the tag of a request: its unit has the same id, and it has a prediction. */
const flags = { ownUnit: 1, said: 2 } as const

/**
 * Writes records of requests: some 12 bytes for one whose unit has its id and of which no prediction is needed, 30 at most.
 */
export class RequestWriter {
  readonly #bytes = new EntryBytes()
  readonly #nameOf: (number: number) => string
  /** Experiments that are named in this record. */
  readonly #named = new Set<number>()
  #base = 0

  /** @param nameOf the name of the experiment with a number in marks */
  constructor(nameOf: (number: number) => string) {
    this.#nameOf = nameOf
  }

  add({ request, unit, marks, value, time }: RequestEntry): void {
    const bytes = this.#bytes
    if (bytes.length === 0) this.#begin(time)
    const number = marks >>> experimentBits
    if (!this.#named.has(number)) this.#name(number)
    const isOwn = request.first === unit.first && request.second === unit.second
    const tag = tags.request | (isOwn ? flags.ownUnit : 0) | (value === 0 ? 0 : flags.said)
    bytes.tagged(tag, request.first, request.second)
    if (!isOwn) {
      bytes.word(unit.first)
      bytes.word(unit.second)
    }
    bytes.count(marks)
    if (value !== 0) bytes.double(value)
    bytes.count(Math.max(0, time - this.#base))
  }

  /** The record of all since the last one. */
  take(): Buffer {
    const record = this.#bytes.copy()
    this.#bytes.clear()
    this.#named.clear()
    return record
  }

  #begin(time: number): void {
    this.#base = time
    this.#bytes.byte(version)
    this.#bytes.double(time)
  }

  #name(number: number): void {
    this.#named.add(number)
    this.#bytes.byte(tags.experiment)
    this.#bytes.count(number)
    this.#bytes.text(this.#nameOf(number))
  }
}

/**
 * Tell which requests a record holds.
 * @param numberOf the number that an experiment has here
 * @throws {MillraceError} MILL_JOURNAL_DAMAGED
 */
export function readRequests(
  record: Uint8Array,
  numberOf: (experiment: string) => number,
  each: (entry: RequestEntry) => void
): void {
  const bytes = new EntryReader(record)
  if (bytes.byte() !== version) throw damagedEntry('its version is not known')
  const base = bytes.double()
  const numbers = new Map<number, number>()
  while (!bytes.isAtEnd) {
    const tag = bytes.byte()
    if (tag === tags.experiment) numbers.set(bytes.count(), numberOf(bytes.text()))
    else if (tag >= tags.request) each(readRequest(bytes, tag, base, numbers))
    else throw damagedEntry(`nothing is known by the tag ${tag}`)
  }
}

function readRequest(
  bytes: EntryReader,
  has: number,
  base: number,
  numbers: ReadonlyMap<number, number>
): RequestEntry {
  const request = { first: bytes.word(), second: bytes.word() }
  const unit = (has & flags.ownUnit) === 0 ? { first: bytes.word(), second: bytes.word() } : request
  const marks = bytes.count()
  const number = numbers.get(marks >>> experimentBits)
  if (number === undefined || request.first === 0) throw damagedEntry('a request belongs to no experiment')
  const value = (has & flags.said) === 0 ? 0 : bytes.double()
  const here = ((number << experimentBits) | (marks & ((1 << experimentBits) - 1))) >>> 0
  return { request, unit, marks: here, value, time: base + bytes.count() }
}
