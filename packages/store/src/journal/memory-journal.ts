import { MillraceError } from '@millrace/common'
import type { Durability } from '../durability.ts'
import { damaged } from './journal-errors.ts'
import type { AppendListener, JournalReader, JournalRecord, JournalTail, JournalWriter } from './journal.ts'
import type { Snapshot } from './snapshot-files.ts'

/** A journal that lasts as long as its process. */
export interface MemoryJournal {
  writer: JournalWriter
  reader: JournalReader
  writeSnapshot(snapshot: Snapshot): void
  /** Forget all but the newest `keepSnapshots` snapshots, and the records that the oldest of them holds. */
  prune(options?: { keepSnapshots?: number }): void
}

/**
 * A journal in memory, for tests and for learners that keep nothing. Appends are committed at once with the durability
 * `none`, and otherwise at the end of the turn of the event loop, in groups as a journal in files does.
 */
export function memoryJournal({
  durability = 'none',
  now = Date.now
}: { durability?: Durability; now?: () => number } = {}): MemoryJournal {
  const snapshots = new Map<number, Snapshot>()
  const records: JournalRecord[] = []
  const writer = new MemoryWriter(records, durability, now)
  const first = (): number => records[0]?.sequence ?? writer.lastSequence + 1
  const reader: JournalReader = {
    snapshots: () =>
      [...snapshots.values()]
        .map(({ sequence, time, state }) => ({ sequence, time, bytes: state.length }))
        .toSorted((one, other) => other.sequence - one.sequence),
    readSnapshot(sequence) {
      const found = snapshots.get(sequence)
      if (found !== undefined) return found.state
      throw new MillraceError('MILL_STORE_FAILED', `no snapshot at ${sequence}`, { details: { sequence } })
    },
    firstSequence: first,
    *records(from) {
      if (from < first()) throw damaged('in memory', `records ${from} to ${first() - 1} are missing`, { from })
      yield* records.slice(from - first())
    },
    tail: from => memoryTail(records, from, first)
  }
  return {
    writer,
    reader,
    writeSnapshot: snapshot =>
      void snapshots.set(snapshot.sequence, { ...snapshot, state: new Uint8Array(snapshot.state) }),
    prune({ keepSnapshots = 2 } = {}) {
      const kept = reader.snapshots().slice(0, keepSnapshots)
      const oldest = kept.length < keepSnapshots ? 0 : kept.at(-1)!.sequence
      for (const sequence of snapshots.keys()) if (sequence < oldest) snapshots.delete(sequence)
      records.splice(0, Math.max(0, oldest + 1 - first()))
    }
  }
}

class MemoryWriter implements JournalWriter {
  readonly problem = undefined
  bytesWritten = 0
  lastSequence = 0
  readonly #records: JournalRecord[]
  readonly #durability: Durability
  readonly #now: () => number
  #time = 0
  #waiting: { payloads: readonly Uint8Array[]; listener: AppendListener }[] = []
  #isTelling = false
  #isScheduled = false
  #isClosed = false

  constructor(records: JournalRecord[], durability: Durability, now: () => number) {
    this.#records = records
    this.#durability = durability
    this.#now = now
  }

  append(payloads: readonly Uint8Array[], listener: AppendListener): void {
    if (this.#isClosed) return listener.failed(new MillraceError('MILL_STORE_FAILED', 'the journal is closed'))
    this.#waiting.push({ payloads: payloads.map(payload => new Uint8Array(payload)), listener })
    if (this.#durability === 'none') return this.#commit()
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => this.#commit())
  }

  async flush(): Promise<void> {
    this.#commit()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#commit()
  }

  #commit(): void {
    // A listener may append: that is told after it, not within.
    if (this.#isTelling) return
    this.#isTelling = true
    this.#isScheduled = false
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const first = this.lastSequence + 1
      this.#time = Math.max(this.#time, this.#now())
      for (const payload of next.payloads) this.#keep(payload)
      next.listener.committed(first, this.#time)
    }
    this.#isTelling = false
  }

  #keep(payload: Uint8Array): void {
    this.lastSequence++
    this.bytesWritten += payload.length
    this.#records.push({ sequence: this.lastSequence, time: this.#time, payload })
  }
}

function memoryTail(records: readonly JournalRecord[], from: number, first: () => number): JournalTail {
  let next = from
  return {
    poll() {
      if (next < first()) return undefined
      const fresh = records.slice(next - first())
      next = (fresh.at(-1)?.sequence ?? next - 1) + 1
      return fresh
    },
    close() {}
  }
}
