import { MillraceError } from '@millrace/common'
import type { StateFields, StateReader } from '@millrace/online'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'

/**
 * Rows are collected up to so many bytes of records, or as many as the state has; then it is time for a new state. The
 * first windows are shorter, so that a new learner soon has something to go back to.
 */
const firstWindowBytes = 4096
const usualWindowBytes = 65_536

/**
 * The last state in which a learner was healthy, and the rows it has learned since, so that the latest of them can be
 * undone. When the learner is not healthy at the end of a window of rows, the state stays and the rows are let go. All
 * decisions count bytes of records and states, which are the same wherever they are replayed.
 */
export class Checkpoint {
  #state: Uint8Array
  /** The records since, each after its length. */
  readonly #rows = new ByteWriter()
  /** False once rows since were let go. */
  #isWhole = true
  #windowBytes = 0
  #isHealthy = true
  #windowLimit = firstWindowBytes

  /** @param state of a learner that has learned nothing */
  constructor(state: Uint8Array) {
    this.#state = state
  }

  /** Has the learner of the state learned nothing? */
  get isFresh(): boolean {
    return this.#windowLimit === firstWindowBytes
  }

  /** What to go back to. */
  get state(): Uint8Array {
    return this.#state
  }

  /** Bytes of memory. */
  get memoryBytes(): number {
    return this.#state.byteLength + this.#rows.capacity
  }

  /** Is it time for {@link renew} or {@link keep}? */
  get isDue(): boolean {
    return this.#windowBytes >= Math.max(this.#windowLimit, this.#state.byteLength)
  }

  /** Was the learner healthy throughout this window? */
  get isHealthy(): boolean {
    return this.#isHealthy
  }

  /** The records of all rows learned since the state; undefined when some were let go. */
  rows(): Uint8Array[] | undefined {
    return this.#isWhole ? split(this.#rows.copy()) : undefined
  }

  /**
   * A row was learned.
   * @param record its payload in the journal
   * @param isHealthy whether its prediction was that of a healthy learner
   */
  add(record: Uint8Array, isHealthy: boolean): void {
    this.#windowBytes += record.byteLength
    if (!isHealthy) this.#isHealthy = false
    if (!this.#isWhole) return
    this.#rows.count(record.byteLength)
    this.#rows.bytes(record)
  }

  /** Go back to this state from now on. */
  renew(state: Uint8Array): void {
    this.#state = state
    this.#windowLimit = Math.min(usualWindowBytes, 2 * this.#windowLimit)
    this.#startWindow(true)
  }

  /** The learner is back at the state. */
  restart(): void {
    this.#startWindow(true)
  }

  /** Keep the state, and let the rows since go. */
  keep(): void {
    this.#startWindow(false)
  }

  toFields(): StateFields {
    return {
      state: this.#state,
      rows: this.#rows.copy(),
      isWhole: this.#isWhole,
      windowBytes: this.#windowBytes,
      isHealthy: this.#isHealthy,
      windowLimit: this.#windowLimit
    }
  }

  /** @throws {MillraceError} MILL_STATE_INVALID */
  static fromFields(state: StateReader): Checkpoint {
    const checkpoint = new Checkpoint(state.bytes('state'))
    const rows = state.bytes('rows')
    split(rows)
    checkpoint.#rows.bytes(rows)
    checkpoint.#isWhole = state.boolean('isWhole')
    checkpoint.#windowBytes = state.count('windowBytes')
    checkpoint.#isHealthy = state.boolean('isHealthy')
    checkpoint.#windowLimit = state.count('windowLimit')
    return checkpoint
  }

  #startWindow(isWhole: boolean): void {
    this.#rows.clear()
    this.#isWhole = isWhole
    this.#windowBytes = 0
    this.#isHealthy = true
  }
}

function split(bytes: Uint8Array): Uint8Array[] {
  const reader = new ByteReader(bytes)
  const records: Uint8Array[] = []
  try {
    while (reader.offset < bytes.byteLength) {
      const length = reader.count()
      const start = reader.skip(length)
      records.push(bytes.subarray(start, start + length))
    }
    return records
  } catch (error) {
    throw new MillraceError('MILL_STATE_INVALID', 'not a usable learner state: rows of a checkpoint', { cause: error })
  }
}
