import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { PythonRandom } from '@millrace/common'
import * as fc from 'fast-check'
import { type Durability, openJournalWriter } from '../src/index.ts'
import { copyAsIs, type Fault, simulatedDisk, type Synced } from './simulated-disk.ts'
import { memoryFolder } from './memory-folder.ts'

/** What happens between the start of a writer and its end. */
interface Life {
  appends: {
    records: number
    bytes: number
    /** Turns of the event loop until the next append. */
    turns: number
  }[]
  faults: Fault[]
  /** Turns after the last append until the end. */
  turns: number
  end: 'close' | 'kill' | 'power failure'
  /** For what a power failure leaves. */
  seed: number
}

/** What a life has appended, in order, and what it has left. */
interface Told {
  committed: string[]
  /** Failed, or still under way at the end. */
  others: string[]
  /** What is on the disk for certain; all that is found, after a power failure. */
  synced: Synced | undefined
}

const appends = fc.array(
  fc.record({ records: fc.integer({ min: 1, max: 3 }), bytes: fc.nat({ max: 700 }), turns: fc.nat({ max: 6 }) }),
  { maxLength: 8 }
)
const faults = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant<Fault>('none') },
    { weight: 1, arbitrary: fc.constantFrom<Fault>('ENOSPC', 'EIO', 'short') }
  ),
  { maxLength: 12 }
)

function lives(...ends: Life['end'][]): fc.Arbitrary<Life[]> {
  const end = fc.constantFrom(...ends)
  const life = fc.record({ appends, faults, turns: fc.nat({ max: 8 }), end, seed: fc.nat() })
  return fc.array(life, { minLength: 1, maxLength: 5 })
}

/** Where a life is lived, and after what. */
interface Place {
  folder: string
  next: string
  name: string
  durability: Durability
  synced: Synced | undefined
}

/** Live one life in `folder`, and leave in `next` what is found after its end. */
async function live(life: Life, { folder, next, name, durability, synced }: Place): Promise<Told> {
  const upcoming: Fault[] = []
  const disk = simulatedDisk(folder, upcoming, synced)
  const { writer } = await openJournalWriter(folder, { durability, files: disk.files, segmentBytes: 2000 })
  upcoming.push(...life.faults)
  const told: { texts: string[]; isCommitted: boolean }[] = []
  for (const [index, { records, bytes, turns }] of life.appends.entries()) {
    const texts = Array.from({ length: records }, (_, record) => `${name}.${index}.${record} ${'x'.repeat(bytes)}`)
    const append = { texts, isCommitted: false }
    told.push(append)
    writer.append(
      texts.map(text => Buffer.from(text)),
      {
        committed() {
          append.isCommitted = true
        },
        failed() {}
      }
    )
    await turnsOf(turns)
  }
  await turnsOf(life.turns)
  if (life.end === 'close') await closed(writer)
  const outcome = {
    committed: told.filter(({ isCommitted }) => isCommitted).flatMap(({ texts }) => texts),
    others: told.filter(({ isCommitted }) => !isCommitted).flatMap(({ texts }) => texts),
    synced: life.end === 'power failure' ? undefined : structuredClone(disk.synced)
  }
  if (life.end === 'power failure') disk.losePower(next, uniform(life.seed))
  else copyAsIs(folder, next)
  await closed(writer)
  return outcome
}

async function turnsOf(count: number): Promise<void> {
  for (let index = 0; index < count; index++) await turn()
}

/** With the durability `none` a close on a failing disk says that not all could be written. */
async function closed(writer: { close(): Promise<void> }): Promise<void> {
  await writer.close().catch(() => {})
}

function uniform(seed: number): () => number {
  const random = new PythonRandom(seed)
  return () => random.random()
}

/** All records that a new writer finds. */
async function recovered(folder: string, durability: Durability): Promise<string[]> {
  const copy = `${folder}-opened`
  copyAsIs(folder, copy)
  const { writer, reader } = await openJournalWriter(copy, { durability })
  const records = [...reader.records(1)]
  assert.equal(writer.lastSequence, records.length)
  assert.deepEqual(
    records.map(({ sequence }) => sequence),
    records.map((_, index) => index + 1)
  )
  await writer.close()
  return records.map(({ payload }) => Buffer.from(payload).toString())
}

/**
 * Lives one after the other on one journal. After each, `check` sees what was found after the one before, what this one
 * was told, and what is found now.
 */
async function inARow(
  folder: string,
  rows: readonly Life[],
  durability: Durability,
  check: (before: string[], told: Told, found: string[]) => void
): Promise<void> {
  let history: string[] = []
  let synced: Synced | undefined
  mkdirSync(join(folder, 'life-0'), { recursive: true })
  for (const [index, life] of rows.entries()) {
    const next = join(folder, `life-${index + 1}`)
    const told = await live(life, {
      folder: join(folder, `life-${index}`),
      next,
      name: String(index),
      durability,
      synced
    })
    const found = await recovered(next, durability)
    check(history, told, found)
    history = found
    synced = told.synced
  }
}

/** Exactly what was committed, and then perhaps something that was never acknowledged. */
function nothingLost(before: string[], { committed, others }: Told, found: string[]): void {
  const certain = [...before, ...committed]
  assert.deepEqual(found.slice(0, certain.length), certain)
  const rest = found.slice(certain.length)
  assert.deepEqual(
    rest,
    others.filter(text => rest.includes(text))
  )
}

/** Nothing but the latest of what was committed may be missing. */
function onlyTheEndLost(before: string[], { committed }: Told, found: string[]): void {
  const certain = [...before, ...committed].slice(0, found.length)
  assert.deepEqual(found.slice(0, certain.length), certain)
}

let count = 0
const inFolder = (folder: string) => () => join(folder, String(count++))

test('fsync: power failures, kills and a failing disk lose nothing that was committed', async t => {
  const folder = inFolder(memoryFolder(t))
  await fc.assert(
    fc.asyncProperty(lives('close', 'kill', 'power failure'), rows => inARow(folder(), rows, 'fsync', nothingLost)),
    { numRuns: 100 }
  )
})

test('os: kills and a failing disk lose nothing that was committed', async t => {
  const folder = inFolder(memoryFolder(t))
  await fc.assert(
    fc.asyncProperty(lives('close', 'kill'), rows => inARow(folder(), rows, 'os', nothingLost)),
    { numRuns: 100 }
  )
})

test('os: a power failure loses no more than an end', async t => {
  const folder = inFolder(memoryFolder(t))
  await fc.assert(
    fc.asyncProperty(lives('close', 'kill', 'power failure'), rows => inARow(folder(), rows, 'os', onlyTheEndLost)),
    { numRuns: 100 }
  )
})

test('none: whatever happens loses no more than an end', async t => {
  const folder = inFolder(memoryFolder(t))
  await fc.assert(
    fc.asyncProperty(lives('close', 'kill', 'power failure'), rows => inARow(folder(), rows, 'none', onlyTheEndLost)),
    { numRuns: 100 }
  )
})
