import { damagedEntry, EntryBytes, EntryReader } from './entry-bytes.ts'
import { experimentBits, type RequestEntry, requestWords } from './request-window.ts'

const version = 2

/**
 * A record of requests: one byte for the version, how many experiments there are, each with its number and name, and the
 * requests as a window has them, 32 bytes each. A compact form is some 20 bytes, and costs the thread of requests many
 * times as much.
 * @param pieces of a window
 * @param nameOf the name of the experiment with a number in marks
 */
export function requestRecord(pieces: readonly Uint32Array[], nameOf: (number: number) => string): Buffer {
  const head = new EntryBytes()
  const numbers = experimentsIn(pieces)
  head.byte(version)
  head.count(numbers.size)
  for (const number of numbers) {
    head.count(number)
    head.text(nameOf(number))
  }
  return Buffer.concat([head.copy(), ...pieces.map(bytesOf)])
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

function experimentsIn(pieces: readonly Uint32Array[]): Set<number> {
  const numbers = new Set<number>()
  let last = -1
  for (const piece of pieces) {
    for (let at = requestWords - 1; at < piece.length; at += requestWords) {
      const number = piece[at]! >>> experimentBits
      if (number !== last) numbers.add((last = number))
    }
  }
  return numbers
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
  const numbers = new Map<number, number>()
  for (let left = bytes.count(); left > 0; left--) numbers.set(bytes.count(), numberOf(bytes.text()))
  while (!bytes.isAtEnd) each(readRequest(bytes, numbers))
}

function readRequest(bytes: EntryReader, numbers: ReadonlyMap<number, number>): RequestEntry {
  const request = { first: bytes.word(), second: bytes.word() }
  const unit = { first: bytes.word(), second: bytes.word() }
  const value = bytes.double()
  const time = 1000 * bytes.word()
  const marks = bytes.word()
  const number = numbers.get(marks >>> experimentBits)
  if (number === undefined || request.first === 0) throw damagedEntry('a request belongs to no experiment')
  const here = ((number << experimentBits) | (marks & ((1 << experimentBits) - 1))) >>> 0
  return { request, unit, marks: here, value, time }
}
