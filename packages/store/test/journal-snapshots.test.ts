import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  isSnapshotWhole,
  openJournalReader,
  openJournalWriter,
  pruneJournal,
  verifyJournal,
  writeSnapshot
} from '../src/index.ts'
import { append, texts } from './journal-appends.ts'
import { memoryFolder } from './memory-folder.ts'
import { flipped, ofNewerVersion, segmentsIn } from './written-journal.ts'

const fileOf = (folder: string, sequence: number): string =>
  join(folder, `${String(sequence).padStart(16, '0')}.snapshot`)

/** A journal of ten records, a segment each, with snapshots at 3, 5 and 8, closed. */
async function withSnapshots(folder: string): Promise<void> {
  const { writer } = await openJournalWriter(folder, { durability: 'fsync', segmentBytes: 1 })
  for (let sequence = 1; sequence <= 10; sequence++) await append(writer, `record ${sequence}`)
  for (const sequence of [3, 5, 8]) {
    writeSnapshot(folder, { sequence, time: 1000 + sequence, state: Buffer.from(`state ${sequence}`) })
  }
  await writer.close()
}

function snapshotsIn(folder: string): number[] {
  return openJournalReader(folder)
    .snapshots()
    .map(({ sequence }) => sequence)
}

function damage(path: string): void {
  writeFileSync(path, flipped(readFileSync(path), statSync(path).size - 1))
}

test('a snapshot of which any byte was changed or is missing is refused', t => {
  const folder = memoryFolder(t)
  writeSnapshot(folder, { sequence: 7, time: 5, state: Buffer.from('some state') })
  const path = fileOf(folder, 7)
  const whole = readFileSync(path)
  const reader = openJournalReader(folder)
  assert.equal(Buffer.from(reader.readSnapshot(7)).toString(), 'some state')
  for (let offset = 0; offset < whole.length; offset++) {
    for (const bytes of [flipped(Buffer.from(whole), offset), whole.subarray(0, offset)]) {
      writeFileSync(path, bytes)
      assert.throws(() => reader.readSnapshot(7), { code: 'MILL_JOURNAL_DAMAGED' }, `byte ${offset}`)
      assert.equal(isSnapshotWhole(folder, 7), false)
      assert.equal(reader.snapshots().length, 1)
    }
  }
  writeFileSync(path, whole)
  assert.equal(isSnapshotWhole(folder, 7), true)
})

test('a snapshot under the name of another is refused', t => {
  const folder = memoryFolder(t)
  writeSnapshot(folder, { sequence: 7, time: 5, state: Buffer.from('some state') })
  renameSync(fileOf(folder, 7), fileOf(folder, 8))
  assert.throws(() => openJournalReader(folder).readSnapshot(8), {
    code: 'MILL_JOURNAL_DAMAGED',
    message: /wrong name/
  })
})

test('a snapshot that a newer Millrace wrote is refused, naming both versions', t => {
  const folder = memoryFolder(t)
  writeSnapshot(folder, { sequence: 7, time: 5, state: Buffer.from('some state') })
  writeFileSync(fileOf(folder, 7), ofNewerVersion(readFileSync(fileOf(folder, 7))))
  const refusal = { code: 'MILL_STATE_INVALID', message: /format 2, this one knows up to 1/ }
  assert.throws(() => openJournalReader(folder).readSnapshot(7), refusal)
})

test('a snapshot takes the place of one at the same record', t => {
  const folder = memoryFolder(t)
  writeSnapshot(folder, { sequence: 7, time: 5, state: Buffer.from('one') })
  writeSnapshot(folder, { sequence: 7, time: 6, state: Buffer.from('another') })
  assert.deepEqual(openJournalReader(folder).snapshots(), [{ sequence: 7, bytes: 64 + 7, time: 6 }])
})

test('a snapshot that was never finished is no snapshot, and the next writer removes it', async t => {
  const folder = memoryFolder(t)
  await withSnapshots(folder)
  const half = `${fileOf(folder, 10)}.123.tmp`
  writeFileSync(half, 'half')
  assert.deepEqual(snapshotsIn(folder), [8, 5, 3])
  const { writer } = await openJournalWriter(folder, { durability: 'fsync' })
  assert.equal(existsSync(half), false)
  assert.deepEqual(snapshotsIn(folder), [8, 5, 3])
  await writer.close()
})

test('a snapshot that cannot be written leaves nothing behind', t => {
  const folder = join(memoryFolder(t), 'missing')
  assert.throws(() => writeSnapshot(folder, { sequence: 1, time: 1, state: Buffer.from('x') }), {
    code: 'MILL_STORE_FAILED',
    message: /could not be written \(ENOENT\)/
  })
  assert.equal(existsSync(folder), false)
})

test('a snapshot that holds more than the journal is where the journal goes on', async t => {
  const folder = memoryFolder(t)
  const { writer } = await openJournalWriter(folder, { durability: 'os', segmentBytes: 1, now: () => 100 })
  for (const text of ['a', 'b', 'c']) await append(writer, text)
  await writer.close()
  writeSnapshot(folder, { sequence: 3, time: 5000, state: Buffer.from('abc') })
  // As after a power failure: the last record was not synced, but the snapshot was.
  rmSync(join(folder, segmentsIn(folder).at(-1)!))
  const again = await openJournalWriter(folder, { durability: 'os', now: () => 200 })
  assert.equal(again.writer.lastSequence, 3)
  assert.deepEqual(await append(again.writer, 'd'), { first: 4, time: 5000 })
  assert.deepEqual(
    again.notes.map(({ message, details }) => [message, details['sequence'], details['lastSequence']]),
    [['a snapshot holds more than the journal; the journal goes on after it', 3, 2]]
  )
  assert.deepEqual(texts(again.reader.records(4)), ['4 d'])
  assert.throws(() => texts(again.reader.records(3)), { code: 'MILL_JOURNAL_DAMAGED' })
  await again.writer.close()
})

test('a damaged snapshot that claims more than the journal is passed over', async t => {
  const folder = memoryFolder(t)
  await withSnapshots(folder)
  writeSnapshot(folder, { sequence: 12, time: 1, state: Buffer.from('rotten') })
  damage(fileOf(folder, 12))
  const { writer } = await openJournalWriter(folder, { durability: 'fsync' })
  assert.equal(writer.lastSequence, 10)
  await writer.close()
})

test('pruning keeps the newest snapshots and what they need, and nothing else when no more is to be kept', async t => {
  const folder = memoryFolder(t)
  await withSnapshots(folder)
  const bytesBefore = verifyJournal(folder).bytes
  const pruned = pruneJournal(folder, { retentionBytes: 0 })
  assert.deepEqual(snapshotsIn(folder), [8, 5])
  assert.equal(openJournalReader(folder).firstSequence(), 6)
  assert.deepEqual(
    texts(openJournalReader(folder).records(6)),
    [6, 7, 8, 9, 10].map(sequence => `${sequence} record ${sequence}`)
  )
  assert.deepEqual(pruned, { snapshots: 1, segments: 5, bytes: bytesBefore - verifyJournal(folder).bytes })
  assert.deepEqual(verifyJournal(folder).problems, [])
  assert.deepEqual(pruneJournal(folder, { retentionBytes: 0 }), { snapshots: 0, segments: 0, bytes: 0 })
})

test('pruning keeps as many bytes of segments as it is told to', async t => {
  const folder = memoryFolder(t)
  await withSnapshots(folder)
  const sizes = segmentsIn(folder).map(name => statSync(join(folder, name)).size)
  const newestEight = sizes.slice(2).reduce((sum, size) => sum + size, 0)
  pruneJournal(folder, { retentionBytes: newestEight })
  assert.equal(openJournalReader(folder).firstSequence(), 3)
  pruneJournal(folder, { retentionBytes: newestEight - 1 })
  assert.equal(openJournalReader(folder).firstSequence(), 4)
  assert.deepEqual(snapshotsIn(folder), [8, 5])
})

test('a damaged snapshot does not count among those to be kept', async t => {
  const folder = memoryFolder(t)
  await withSnapshots(folder)
  damage(fileOf(folder, 8))
  pruneJournal(folder, { retentionBytes: 0 })
  assert.deepEqual(snapshotsIn(folder), [8, 5, 3])
  assert.equal(openJournalReader(folder).firstSequence(), 4)
})

test('nothing is pruned before there are enough whole snapshots', async t => {
  const folder = memoryFolder(t)
  await withSnapshots(folder)
  damage(fileOf(folder, 8))
  damage(fileOf(folder, 5))
  const before = readdirSync(folder)
  assert.deepEqual(pruneJournal(folder, { retentionBytes: 0 }), { snapshots: 0, segments: 0, bytes: 0 })
  assert.deepEqual(readdirSync(folder), before)
  pruneJournal(folder, { retentionBytes: 0, keepSnapshots: 1 })
  assert.equal(openJournalReader(folder).firstSequence(), 4)
})

test('the newest segment stays, whatever the snapshots hold, and its writer goes on', async t => {
  const folder = memoryFolder(t)
  const { writer, reader } = await openJournalWriter(folder, { durability: 'fsync' })
  await append(writer, 'a', 'b')
  for (const sequence of [1, 2]) writeSnapshot(folder, { sequence, time: 1, state: Buffer.from('state') })
  pruneJournal(folder, { retentionBytes: 0, keepSnapshots: 1 })
  await append(writer, 'c')
  assert.deepEqual(texts(reader.records(1)), ['1 a', '2 b', '3 c'])
  await writer.close()
})

test('a reader that comes to a segment that was pruned meanwhile says so', async t => {
  const folder = memoryFolder(t)
  await withSnapshots(folder)
  const records = openJournalReader(folder).records(1)
  assert.deepEqual(texts([records.next().value]), ['1 record 1'])
  pruneJournal(folder, { retentionBytes: 0 })
  assert.throws(() => [...records], { code: 'MILL_STORE_FAILED', message: /ENOENT/ })
})

test('options of pruning that make no sense are refused', t => {
  const folder = memoryFolder(t)
  assert.throws(() => pruneJournal(folder, { retentionBytes: -1 }), { code: 'MILL_OPTION_INVALID' })
  assert.throws(() => pruneJournal(folder, { retentionBytes: 1, keepSnapshots: 0 }), { code: 'MILL_OPTION_INVALID' })
})
