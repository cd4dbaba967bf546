import assert from 'node:assert/strict'
import { appendFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  copyJournal,
  openJournalReader,
  openJournalWriter,
  pruneJournal,
  verifyJournal,
  writeSnapshot
} from '../src/index.ts'
import { failingFiles } from './failing-files.ts'
import { append, texts } from './journal-appends.ts'
import { memoryFolder } from './memory-folder.ts'
import { allRecords, copyWith, flipped, segmentsIn, writtenJournal } from './written-journal.ts'

test('a report on a whole journal counts what is in it', async t => {
  const { sealed, ends } = await writtenJournal(memoryFolder(t), 'fsync')
  writeSnapshot(sealed, { sequence: 4, time: 9, state: Buffer.from('state') })
  const [oldest, newest] = segmentsIn(sealed)
  const sizes = [oldest, newest].map(name => statSync(join(sealed, name!)).size)
  assert.deepEqual(verifyJournal(sealed), {
    segments: [
      { file: oldest, epoch: 1, durability: 'fsync', first: 1, last: 6, records: 6, bytes: sizes[0], state: 'ok' },
      { file: newest, epoch: 1, durability: 'fsync', first: 7, last: 8, records: 2, bytes: sizes[1], state: 'ok' }
    ],
    snapshots: [{ sequence: 4, time: 9, bytes: 69, state: 'ok' }],
    firstSequence: 1,
    lastSequence: 8,
    records: 8,
    bytes: sizes[0]! + sizes[1]! + 69,
    problems: []
  })
  assert.equal(sizes[0], ends[2]!.bytes)
})

test('a report on nothing is empty', t => {
  assert.deepEqual(verifyJournal(join(memoryFolder(t), 'missing')), {
    segments: [],
    snapshots: [],
    firstSequence: 1,
    lastSequence: 0,
    records: 0,
    bytes: 0,
    problems: []
  })
})

test('an end that was never finished is torn, and no problem', async t => {
  const { unsealed } = await writtenJournal(memoryFolder(t), 'fsync')
  appendFileSync(join(unsealed, segmentsIn(unsealed).at(-1)!), 'torn')
  const { segments, problems, lastSequence } = verifyJournal(unsealed)
  assert.deepEqual(
    segments.map(({ state }) => state),
    ['ok', 'torn']
  )
  assert.deepEqual(problems, [])
  assert.equal(lastSequence, 8)
})

function states(folder: string): [string[], string[]] {
  const { segments, problems } = verifyJournal(folder)
  return [segments.map(({ state }) => state), problems]
}

test('every kind of damage is reported, with the place', async t => {
  const { sealed, ends } = await writtenJournal(memoryFolder(t), 'fsync')
  const [oldest, newest] = segmentsIn(sealed)
  const [changedStates, [changed]] = states(copyWith(sealed, oldest, bytes => flipped(bytes, ends[0]!.bytes + 40)))
  assert.deepEqual(changedStates, ['damaged', 'ok'])
  assert.match(changed!, new RegExp(`${oldest} is damaged: record 3 should be at byte ${ends[0]!.bytes} `))
  const [shortStates, [short]] = states(copyWith(sealed, oldest, bytes => bytes.subarray(0, -1)))
  assert.deepEqual(shortStates, ['damaged', 'ok'])
  assert.match(short!, new RegExp(`record 4 should be at byte ${ends[1]!.bytes} `))
  const [, [missing]] = states(copyWith(sealed, oldest, () => undefined))
  assert.equal(missing, `records 1 to 6 are missing before ${newest}`)
  writeSnapshot(sealed, { sequence: 4, time: 9, state: Buffer.from('state') })
  const snapshot = join(
    sealed,
    readdirSync(sealed).find(name => name.endsWith('.snapshot'))!
  )
  writeFileSync(snapshot, flipped(readFileSync(snapshot), 66))
  const { snapshots, problems } = verifyJournal(sealed)
  assert.equal(snapshots[0]!.state, 'damaged')
  assert.match(problems.join(), /the checksum of this snapshot does not fit/)
})

test('records that a power failure took are reported as lost', async t => {
  const { unsealed } = await writtenJournal(memoryFolder(t), 'os')
  const copy = copyWith(unsealed, segmentsIn(unsealed).at(-1), bytes => flipped(bytes, 70))
  const { segments, problems } = verifyJournal(copy)
  assert.deepEqual(
    segments.map(({ state }) => state),
    ['ok', 'torn']
  )
  assert.match(problems.join(), /records 7 to 8 were not synced and are lost/)
})

test('what a later segment replaces is reported as void, and counts for nothing', async t => {
  const folder = memoryFolder(t)
  const { files, fails } = failingFiles()
  const { writer } = await openJournalWriter(folder, { durability: 'fsync', files, segmentBytes: 1 })
  await append(writer, 'a')
  Object.assign(fails, { fdatasync: 'EIO', ftruncate: 'EIO', unlink: 'EIO' })
  await assert.rejects(append(writer, 'never synced'))
  for (const operation of ['fdatasync', 'ftruncate', 'unlink'] as const) delete fails[operation]
  await append(writer, 'b')
  const { segments, records, problems } = verifyJournal(folder)
  assert.deepEqual(
    segments.map(({ first, last, state }) => [first, last, state]),
    [
      [1, 1, 'ok'],
      [2, 1, 'voided'],
      [2, 2, 'ok']
    ]
  )
  assert.equal(records, 2)
  assert.deepEqual(problems, [])
  await writer.close()
})

test('a copy of a journal in use has all of it, verifies, and can be written', async t => {
  const root = memoryFolder(t)
  const [from, to] = [join(root, 'from'), join(root, 'deep', 'to')]
  const { writer, reader } = await openJournalWriter(from, { durability: 'fsync', segmentBytes: 200 })
  for (let sequence = 1; sequence <= 20; sequence++) await append(writer, `record ${sequence}`)
  for (const sequence of [4, 9, 15]) writeSnapshot(from, { sequence, time: 1, state: Buffer.from(`state ${sequence}`) })
  const files = copyJournal(from, to)
  await append(writer, 'only in the original')
  assert.deepEqual(
    files.map(({ name }) => name).toSorted((one, other) => one.localeCompare(other)),
    readdirSync(to).toSorted((one, other) => one.localeCompare(other))
  )
  for (const { name, bytes } of files) assert.equal(statSync(join(to, name)).size, bytes)
  const copy = openJournalReader(to)
  assert.deepEqual(texts(copy.records(1)), texts(reader.records(1)).slice(0, 20))
  assert.deepEqual(
    copy.snapshots().map(({ sequence }) => [sequence, Buffer.from(copy.readSnapshot(sequence)).toString()]),
    [
      [15, 'state 15'],
      [9, 'state 9']
    ]
  )
  assert.deepEqual(verifyJournal(to).problems, [])
  assert.ok(verifyJournal(to).segments.every(({ state }) => state === 'ok'))
  const restored = await openJournalWriter(to, { durability: 'fsync' })
  assert.equal((await append(restored.writer, 'only in the copy')).first, 21)
  await restored.writer.close()
  await writer.close()
})

test('a copy leaves out a torn end and damaged snapshots', async t => {
  const root = memoryFolder(t)
  const { unsealed } = await writtenJournal(root, 'fsync')
  appendFileSync(join(unsealed, segmentsIn(unsealed).at(-1)!), 'torn')
  for (const sequence of [3, 5]) writeSnapshot(unsealed, { sequence, time: 1, state: Buffer.from('state') })
  const newest = join(
    unsealed,
    readdirSync(unsealed).findLast(name => name.endsWith('5.snapshot'))!
  )
  writeFileSync(newest, flipped(readFileSync(newest), 66))
  copyJournal(unsealed, join(root, 'to'))
  const { segments, snapshots, problems } = verifyJournal(join(root, 'to'))
  assert.deepEqual(
    segments.map(({ state }) => state),
    ['ok', 'ok']
  )
  assert.deepEqual(
    snapshots.map(({ sequence }) => sequence),
    [3]
  )
  assert.deepEqual(problems, [])
  assert.deepEqual(texts(openJournalReader(join(root, 'to')).records(1)), allRecords)
})

test('a copy of a pruned journal begins where the journal does', async t => {
  const root = memoryFolder(t)
  const { sealed } = await writtenJournal(root, 'fsync')
  for (const sequence of [6, 7]) writeSnapshot(sealed, { sequence, time: 1, state: Buffer.from('state') })
  pruneJournal(sealed, { retentionBytes: 0 })
  copyJournal(sealed, join(root, 'to'))
  assert.deepEqual(verifyJournal(join(root, 'to')).problems, [])
  assert.deepEqual(texts(openJournalReader(join(root, 'to')).records(7)), allRecords.slice(6))
})

test('a damaged journal is not copied, and a copy goes to an empty folder only', async t => {
  const root = memoryFolder(t)
  const { sealed, ends } = await writtenJournal(root, 'fsync')
  const damaged = copyWith(sealed, segmentsIn(sealed)[0], bytes => flipped(bytes, ends[0]!.bytes + 40))
  assert.throws(() => copyJournal(damaged, join(root, 'to')), { code: 'MILL_JOURNAL_DAMAGED' })
  assert.deepEqual(readdirSync(join(root, 'to')), [])
  assert.throws(() => copyJournal(sealed, damaged), { code: 'MILL_OPTION_INVALID', message: /must be an empty folder/ })
  rmSync(join(sealed, segmentsIn(sealed)[0]!))
  assert.throws(() => copyJournal(sealed, join(root, 'to')), { code: 'MILL_JOURNAL_DAMAGED' })
})
