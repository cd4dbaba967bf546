import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import * as fc from 'fast-check'
import {
  copyJournal,
  type JournalTail,
  type OpenJournal,
  openJournalWriter,
  pruneJournal,
  verifyJournal,
  writeSnapshot
} from '../src/index.ts'
import { append, texts } from './journal-appends.ts'
import { memoryFolder } from './memory-folder.ts'

type Step =
  | { does: 'append'; sizes: number[] }
  | { does: 'snapshot'; back: number }
  | { does: 'prune'; retentionBytes: number }
  | { does: 'restart' | 'take over' | 'poll' | 'copy' }
  | { does: 'set the clock'; by: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      does: fc.constant('append' as const),
      sizes: fc.array(fc.nat({ max: 60 }), { minLength: 1, maxLength: 3 })
    })
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('snapshot' as const), back: fc.nat({ max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('prune' as const), retentionBytes: fc.nat({ max: 900 }) }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constantFrom('restart', 'take over', 'poll', 'copy') }) },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constant('set the clock' as const), by: fc.integer({ min: -50, max: 50 }) })
  }
)

/** A journal and what should be in it. */
class Run {
  readonly #folder: string
  #journal: OpenJournal
  #tail: JournalTail
  #time = 1000
  #copies = 0
  readonly #records: string[] = []
  /** Sequences of the snapshots that were not pruned, oldest first. */
  #snapshots: number[] = []
  /** Position of the next record that the tail has to hand out. */
  #followed = 1

  constructor(folder: string, journal: OpenJournal) {
    this.#folder = folder
    this.#journal = journal
    this.#tail = journal.reader.tail(1)
  }

  static async in(folder: string): Promise<Run> {
    const run = new Run(
      folder,
      await openJournalWriter(folder, { durability: 'os', segmentBytes: 150, now: () => 1000 })
    )
    return run
  }

  async do(next: Step): Promise<void> {
    if (next.does === 'append') await this.#append(next.sizes)
    else if (next.does === 'snapshot') this.#snapshot(next.back)
    else if (next.does === 'prune') this.#prune(next.retentionBytes)
    else if (next.does === 'poll') this.#poll()
    else if (next.does === 'copy') this.#copy()
    else if (next.does === 'set the clock') this.#time += next.by
    else await this.#reopen(next.does)
    this.check()
  }

  /** What a process that starts now would make of the journal is what was appended. */
  check(): void {
    const { reader, writer } = this.#journal
    assert.equal(writer.lastSequence, this.#records.length)
    assert.deepEqual(
      reader.snapshots().map(({ sequence }) => sequence),
      this.#snapshots.toReversed()
    )
    for (const from of [reader.firstSequence(), ...this.#snapshots.map(sequence => sequence + 1)]) {
      assert.deepEqual(texts(reader.records(from)), this.#records.slice(from - 1))
    }
    const times = [...reader.records(reader.firstSequence())].map(({ time }) => time)
    assert.deepEqual(
      times,
      times.toSorted((one, other) => one - other)
    )
    assert.deepEqual(verifyJournal(this.#folder).problems, [])
  }

  async end(): Promise<void> {
    this.#tail.close()
    await this.#journal.writer.close()
  }

  async #append(sizes: readonly number[]): Promise<void> {
    const payloads = sizes.map(size => 'x'.repeat(size))
    const { first } = await append(this.#journal.writer, ...payloads)
    assert.equal(first, this.#records.length + 1)
    this.#records.push(...payloads.map((payload, index) => `${first + index} ${payload}`))
  }

  #snapshot(back: number): void {
    const sequence = this.#records.length - back
    if (sequence < Math.max(1, this.#journal.reader.firstSequence() - 1)) return
    writeSnapshot(this.#folder, { sequence, time: this.#time, state: Buffer.from(`state ${sequence}`) })
    this.#snapshots = [...new Set([...this.#snapshots, sequence])].toSorted((one, other) => one - other)
  }

  #prune(retentionBytes: number): void {
    const before = this.#journal.reader.firstSequence()
    pruneJournal(this.#folder, { retentionBytes })
    const first = this.#journal.reader.firstSequence()
    if (this.#snapshots.length >= 2) this.#snapshots = this.#snapshots.slice(-2)
    else assert.equal(first, before)
    assert.ok(first <= (this.#snapshots[0] ?? 0) + 1 || first === before)
  }

  #poll(): void {
    const found = this.#tail.poll()
    if (found === undefined) {
      // As a follower does: begin again with the newest snapshot.
      this.#followed = (this.#snapshots.at(-1) ?? 0) + 1
      this.#tail.close()
      this.#tail = this.#journal.reader.tail(this.#followed)
      return
    }
    assert.deepEqual(texts(found), this.#records.slice(this.#followed - 1, this.#followed - 1 + found.length))
    this.#followed += found.length
  }

  #copy(): void {
    const to = `${this.#folder}-copy-${this.#copies++}`
    copyJournal(this.#folder, to)
    const report = verifyJournal(to)
    assert.deepEqual(report.problems, [])
    assert.equal(report.lastSequence, this.#records.length)
  }

  async #reopen(how: 'restart' | 'take over'): Promise<void> {
    const former = this.#journal.writer
    if (how === 'restart') await former.close()
    const role = how === 'restart' ? 'writer' : 'takeover'
    const now = (): number => this.#time
    this.#journal = await openJournalWriter(this.#folder, { durability: 'os', segmentBytes: 150, role, now })
    await former.close()
  }
}

test('whatever is done in whatever order, snapshot and records together are what was appended', async t => {
  const root = memoryFolder(t)
  let count = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async steps => {
      const run = await Run.in(join(root, String(count++)))
      for (const next of steps) await run.do(next)
      await run.end()
    }),
    { numRuns: 100 }
  )
})
