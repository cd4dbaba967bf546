import type { NamedTensor } from '@millrace/runtime'
import { EntryLog } from './entry-log.ts'
import { aligned, memoryOf } from './memory.ts'
import { TensorReader } from './tensor-reader.ts'
import { leastBytes, TensorWriter } from './tensor-writer.ts'

/** Where the parts of an entry begin: its length, whether it was used, when it expires, its key, and the answer. */
const parts = { length: 0, isUsed: 4, expiresAt: 8, key: 16, answer: 48 } as const
const keyBytes = parts.answer - parts.key

/** 32 bits of a key, of 32 characters below 256. */
export function tagOf(key: string): number {
  const [a, b, c, d] = [key.charCodeAt(0), key.charCodeAt(1), key.charCodeAt(2), key.charCodeAt(3)]
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0
}

/** Answers with their whole keys as the entries of a log. Each is known by its place there. */
export class AnswerEntries {
  readonly log: EntryLog
  readonly #largest: number
  readonly #writer = new TensorWriter()
  readonly #reader = new TensorReader(memoryOf(new ArrayBuffer(0)))

  /** @param largest bytes of an entry */
  constructor(largest: number) {
    this.log = new EntryLog(largest)
    this.#largest = largest
  }

  /** Prepare an answer to be added. @returns bytes that its entry will take; Infinity for more than there may be */
  prepare(outputs: readonly NamedTensor[]): number {
    let least: number = parts.answer
    for (const output of outputs) least += leastBytes(output)
    if (least > this.#largest) return Infinity
    this.#writer.goBack(0)
    this.#writer.tensors(outputs)
    const bytes = aligned(parts.answer + this.#writer.length)
    return bytes > this.#largest ? Infinity : bytes
  }

  /** Add what was prepared last, for which the log must have room. @returns its place */
  add(bytes: number, key: string, expiresAt: number): number {
    const place = this.log.add(bytes)
    const memory = this.log.memory(place)
    const start = this.log.offset(place)
    memory.view.setUint32(start + parts.isUsed, 0)
    memory.view.setFloat64(start + parts.expiresAt, expiresAt)
    for (let byte = 0; byte < keyBytes; byte++) memory.bytes[start + parts.key + byte] = key.charCodeAt(byte)
    this.#writer.copyTo(memory.bytes, start + parts.answer)
    return place
  }

  /** The answer, in memory of its own. */
  read(place: number): NamedTensor[] {
    const start = this.log.offset(place)
    this.#reader.goTo(this.log.memory(place), start + parts.answer, start + this.log.lengthAt(place))
    return this.#reader.tensors()
  }

  tag(place: number): number {
    return this.log.memory(place).view.getUint32(this.log.offset(place) + parts.key)
  }

  hasKey(place: number, key: string): boolean {
    const { bytes } = this.log.memory(place)
    const start = this.log.offset(place) + parts.key
    for (let byte = 0; byte < keyBytes; byte++) if (bytes[start + byte] !== key.charCodeAt(byte)) return false
    return true
  }

  hasExpired(place: number, now: number): boolean {
    return now >= this.log.memory(place).view.getFloat64(this.log.offset(place) + parts.expiresAt)
  }

  isMarked(place: number): boolean {
    return this.log.memory(place).view.getUint32(this.log.offset(place) + parts.isUsed) === 1
  }

  mark(place: number, isUsed: boolean): void {
    this.log.memory(place).view.setUint32(this.log.offset(place) + parts.isUsed, isUsed ? 1 : 0)
  }
}
