import { randomBytes } from 'node:crypto'
import { MillraceError } from '@millrace/common'
import type { JournalWriter } from '@millrace/store'
import { renumber } from './record-codec.ts'

/** How long what could not be written waits for another attempt. */
const retryMs = 500
/** How many bytes may wait for a journal that cannot be written; the oldest are lost beyond that. */
const mostHeld = 64 * 2 ** 20

/** Learns what becomes of a record. */
export interface RecordFate {
  /** It is in the journal. Must not throw. */
  committed(): void
  /** It is not. Without this it is tried again until it is. */
  failed?(error: unknown): void
  /** It was waiting for another attempt, and there was too much that did. */
  lost?(): void
}

interface Held {
  record: Buffer
  fate: RecordFate
}

/** What a run log tells of what is in the journal. */
export type CommittedRecord = (number: number, record: Buffer) => void

/**
 * The records that one run of a process writes, numbered from 1 in the order of the journal; numbers of those that could
 * not be written are left out. Records wait until there is a journal.
 */
export class RunLog {
  /** 16 hexadecimal digits that no other run has. */
  readonly run = randomBytes(8).toString('hex')
  readonly #committed: CommittedRecord
  #writer: JournalWriter | undefined
  #number = 0
  #held: Held[] = []
  #heldBytes = 0
  #underWay = 0
  #retry: NodeJS.Timeout | undefined
  #problem: unknown
  /** Records that could not be kept until the journal could be written again. */
  lost = 0
  records = 0

  constructor(committed: CommittedRecord) {
    this.#committed = committed
  }

  /** Why records cannot be written at present. */
  get problem(): unknown {
    return this.#problem ?? this.#writer?.problem
  }

  /** Whether any record is not written yet. */
  get isBehind(): boolean {
    return this.#underWay > 0 || this.#held.length > 0
  }

  /** The journal is open: write there from now on. */
  attach(writer: JournalWriter): void {
    this.#writer = writer
    this.#tryAgain()
  }

  /** There is no journal for now: who waits for a record need not wait longer. */
  refuse(error: unknown): void {
    const waiting = this.#held.filter(({ fate }) => fate.failed !== undefined)
    this.#held = this.#held.filter(({ fate }) => fate.failed === undefined)
    this.#heldBytes = this.#held.reduce((sum, { record }) => sum + record.length, 0)
    for (const { fate } of waiting) fate.failed!(error)
  }

  /** Write a record, which gets its number here. */
  append(record: Buffer, fate: RecordFate): void {
    const writer = this.#writer
    if (writer === undefined) return this.#hold({ record, fate })
    const number = ++this.#number
    renumber(record, number)
    this.#underWay++
    writer.append([record], {
      committed: () => {
        this.#underWay--
        this.#problem = undefined
        this.records++
        fate.committed()
        this.#committed(number, record)
      },
      failed: error => {
        this.#underWay--
        this.#problem = error
        if (fate.failed !== undefined) return fate.failed(error)
        this.#hold({ record, fate })
        this.#retry ??= setTimeout(() => this.#tryAgain(), retryMs).unref()
      }
    })
  }

  /** Resolves once all that can be written is. */
  async flush(): Promise<void> {
    if (this.#retry !== undefined) this.#tryAgain()
    await this.#writer?.flush()
  }

  close(): void {
    clearTimeout(this.#retry)
  }

  #tryAgain(): void {
    clearTimeout(this.#retry)
    this.#retry = undefined
    const held = this.#held
    this.#held = []
    this.#heldBytes = 0
    for (const { record, fate } of held) this.append(record, fate)
  }

  #hold(held: Held): void {
    this.#held.push(held)
    this.#heldBytes += held.record.length
    while (this.#heldBytes > mostHeld) {
      const { record, fate } = this.#held.shift()!
      this.#heldBytes -= record.length
      this.lost++
      if (fate.failed === undefined) fate.lost?.()
      else fate.failed(tooMuchHeld())
    }
  }
}

function tooMuchHeld(): MillraceError {
  const message = `more than ${mostHeld} bytes wait for the journal of experiments, which cannot be written`
  return new MillraceError('MILL_STORE_FAILED', message, { details: { mostHeld } })
}
