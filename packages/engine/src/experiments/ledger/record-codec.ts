import type { Counted } from './counted.ts'
import { getCounted, putCounted } from './counted-codec.ts'
import { damagedEntry, EntryBytes, EntryReader } from './entry-bytes.ts'
import { type HashPair, noHash, type OutcomeFact, type Said } from './outcome-fact.ts'

/** What a record says, one thing after the other. Times are milliseconds since 1970. */
export interface RecordEntries {
  /** A unit was served by an arm for the first time, or was served by another arm than before. */
  exposure(experiment: string, first: number, second: number, arm: number, isOwnRequest: boolean, time: number): void
  /** This was counted since the last time. */
  counted(experiment: string, counted: Counted, time: number): void
  outcome(fact: OutcomeFact): void
  forget(experiment: string, time: number): void
}

/** Which record it is. */
export interface RecordName {
  /** The run of a process that wrote it: 16 hexadecimal digits. */
  readonly run: string
  /** From 1, larger than that of every earlier record of the run. */
  readonly number: number
}

const version = 1
const tags = { experiment: 1, counted: 2, outcome: 3, forget: 4 } as const
/** An exposure is one byte of this, a mark and the arm; then the hash; then the time since the experiment's. */
const exposureTag = 0x80
/** Milliseconds, so that they take one byte. */
const longestSince = 0x7f
const ownRequestMark = 0x20
const armBits = 0x1f
/** What an outcome has. */
const has = { experiment: 1, unit: 2, request: 4, passingArm: 8, numberLabel: 16, textLabel: 32 } as const

/**
 * Writes records of a journal: what was said since the last one. An exposure takes 10 bytes, and some 20 ns.
 *
 * A record is one byte for the version, the run (8 bytes), its number (8 bytes), and entries with a tag each.
 */
export class RecordWriter implements RecordEntries {
  readonly #bytes = new EntryBytes()
  /** The experiment and the time that exposures refer to. */
  #experiment: string | undefined
  #base = 0

  get isEmpty(): boolean {
    return this.#bytes.length === 0
  }

  exposure(experiment: string, first: number, second: number, arm: number, isOwnRequest: boolean, time: number): void {
    const bytes = this.#bytes
    if (experiment !== this.#experiment || time < this.#base || time > this.#base + longestSince) {
      this.#refer(experiment, time)
    }
    bytes.tagged(exposureTag | (isOwnRequest ? ownRequestMark : 0) | arm, first, second)
    bytes.byte(time - this.#base)
  }

  counted(experiment: string, counted: Counted, time: number): void {
    this.#bytes.byte(tags.counted)
    this.#bytes.text(experiment)
    this.#bytes.double(time)
    putCounted(this.#bytes, counted)
  }

  outcome(fact: OutcomeFact): void {
    const bytes = this.#bytes
    const { experiment, unit, request, passingArm, label } = fact
    bytes.byte(tags.outcome)
    bytes.byte(
      (experiment === undefined ? 0 : has.experiment) |
        (unit.first === 0 ? 0 : has.unit) |
        (request.first === 0 ? 0 : has.request) |
        (passingArm < 0 ? 0 : has.passingArm) |
        (label === undefined ? 0 : label.isText ? has.textLabel : has.numberLabel)
    )
    if (experiment !== undefined) bytes.text(experiment)
    bytes.text(fact.metric)
    for (const { first, second } of [fact.id, unit, request].filter((pair, index) => index === 0 || pair.first !== 0)) {
      bytes.word(first)
      bytes.word(second)
    }
    if (passingArm >= 0) bytes.byte(passingArm)
    bytes.double(label === undefined ? fact.value : label.value)
    bytes.word(fact.told)
    bytes.double(fact.time)
  }

  forget(experiment: string, time: number): void {
    this.#bytes.byte(tags.forget)
    this.#bytes.text(experiment)
    this.#bytes.double(time)
  }

  /** The record of all that was said since the last one. Its memory is its own. */
  take({ run, number }: RecordName): Buffer {
    const head = Buffer.alloc(headBytes)
    head[0] = version
    head.write(run, 1, 'hex')
    head.writeDoubleLE(number, numberAt)
    const record = Buffer.concat([head, this.#bytes.copy()])
    this.#bytes.clear()
    this.#experiment = undefined
    return record
  }

  #refer(experiment: string, time: number): void {
    this.#experiment = experiment
    this.#base = time
    this.#bytes.byte(tags.experiment)
    this.#bytes.text(experiment)
    this.#bytes.double(time)
  }
}

const numberAt = 9
const headBytes = 17

/** Which record it is. @throws {MillraceError} MILL_JOURNAL_DAMAGED, or MILL_STATE_INVALID for one of a newer Millrace */
export function nameOfRecord(bytes: Uint8Array): RecordName {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.length < headBytes) throw damagedEntry('it ends too early')
  if (buffer[0] !== version) throw damagedEntry(`its version is ${buffer[0]}, and ${version} is known`)
  const number = buffer.readDoubleLE(numberAt)
  if (!Number.isSafeInteger(number) || number < 1) throw damagedEntry('it has no number')
  return { run: buffer.toString('hex', 1, 9), number }
}

/** Give a record another number, in place. */
export function renumber(record: Buffer, number: number): void {
  record.writeDoubleLE(number, numberAt)
}

/** Tell what a record says. @throws {MillraceError} MILL_JOURNAL_DAMAGED */
export function readRecord(record: Uint8Array, entries: RecordEntries): void {
  nameOfRecord(record)
  const bytes = new EntryReader(record.subarray(headBytes))
  let experiment: string | undefined
  let base = 0
  while (!bytes.isAtEnd) {
    const tag = bytes.byte()
    if (tag >= exposureTag) {
      if (experiment === undefined) throw damagedEntry('a unit belongs to no experiment')
      const [first, second] = [bytes.word(), bytes.word()]
      if (first === 0) throw damagedEntry('a unit has no hash')
      entries.exposure(experiment, first, second, tag & armBits, (tag & ownRequestMark) !== 0, base + bytes.count())
    } else if (tag === tags.experiment) {
      experiment = bytes.text()
      base = bytes.double()
    } else if (tag === tags.counted) entries.counted(...countedIn(bytes))
    else if (tag === tags.outcome) entries.outcome(readOutcome(bytes))
    else if (tag === tags.forget) entries.forget(bytes.text(), bytes.double())
    else throw damagedEntry(`nothing is known by the tag ${tag}`)
  }
}

function readOutcome(bytes: EntryReader): OutcomeFact {
  const flags = bytes.byte()
  const pair = (): HashPair => ({ first: bytes.word(), second: bytes.word() })
  const experiment = (flags & has.experiment) === 0 ? undefined : bytes.text()
  const metric = bytes.text()
  const id = pair()
  const unit = (flags & has.unit) === 0 ? noHash : pair()
  const request = (flags & has.request) === 0 ? noHash : pair()
  const passingArm = (flags & has.passingArm) === 0 ? -1 : bytes.byte()
  if (passingArm > armBits || id.first === 0) throw damagedEntry('an outcome is not whole')
  if (passingArm >= 0 && experiment === undefined) throw damagedEntry('an outcome belongs to no experiment')
  const value = bytes.double()
  const isLabel = (flags & (has.numberLabel | has.textLabel)) !== 0
  const label: Said | undefined = isLabel ? { isText: (flags & has.textLabel) !== 0, value } : undefined
  const told = bytes.word()
  return {
    experiment,
    metric,
    id,
    unit,
    request,
    passingArm,
    value: isLabel ? 0 : value,
    label,
    told,
    time: bytes.double()
  }
}

function countedIn(bytes: EntryReader): [experiment: string, counted: Counted, time: number] {
  const experiment = bytes.text()
  const time = bytes.double()
  return [experiment, getCounted(bytes), time]
}
