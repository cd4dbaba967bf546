import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { type JournalTail, openJournalReader, openJournalWriter } from '../src/index.ts'
import { failingFiles } from './failing-files.ts'
import { append, texts } from './journal-appends.ts'
import { memoryFolder } from './memory-folder.ts'
import { allRecords, copyWith, flipped, segmentsIn, writtenJournal } from './written-journal.ts'

/** Polls until nothing comes any more. */
function pollAll(tail: JournalTail): string[] {
  const all: string[] = []
  for (let records = texts(tail.poll()); records.length > 0; records = texts(tail.poll())) all.push(...records)
  return all
}

test('a tail that begins before the journal is there follows it from its first record', async t => {
  const folder = join(memoryFolder(t), 'journal')
  const tail = openJournalReader(folder).tail(1)
  assert.deepEqual(tail.poll(), [])
  const { writer } = await openJournalWriter(folder, { durability: 'os', segmentBytes: 100 })
  for (const text of ['a', 'b', 'c', 'd']) await append(writer, text)
  assert.deepEqual(pollAll(tail), ['1 a', '2 b', '3 c', '4 d'])
  assert.ok(segmentsIn(folder).length > 1)
  tail.close()
  await writer.close()
})

test('however its files grow, a tail hands out whole records, each once, in order', async t => {
  const root = memoryFolder(t)
  const { sealed } = await writtenJournal(root, 'fsync')
  const files = segmentsIn(sealed).map(name => ({ name, bytes: readFileSync(join(sealed, name)) }))
  let count = 0
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }),
      fc.integer({ min: 1, max: 9 }),
      (steps, from) => {
        const folder = join(root, String(count++))
        mkdirSync(folder)
        const tail = openJournalReader(folder).tail(from)
        const found: string[] = []
        let step = 0
        for (const { name, bytes } of files) {
          writeFileSync(join(folder, name), '')
          for (let at = 0; at < bytes.length;) {
            found.push(...texts(tail.poll()))
            const length = steps[step++ % steps.length]!
            appendFileSync(join(folder, name), bytes.subarray(at, at + length))
            at += length
          }
        }
        assert.deepEqual([...found, ...pollAll(tail)], allRecords.slice(from - 1))
        tail.close()
      }
    ),
    { numRuns: 150 }
  )
})

test('a tail reads only what is new', async t => {
  const folder = memoryFolder(t)
  const { writer, reader } = await openJournalWriter(folder, { durability: 'os' })
  await append(writer, 'a')
  const tail = reader.tail(1)
  assert.deepEqual(texts(tail.poll()), ['1 a'])
  // What was read before is not looked at again: nobody notices that it is gone.
  const path = join(folder, segmentsIn(folder)[0]!)
  writeFileSync(path, Buffer.concat([Buffer.alloc(64), readFileSync(path).subarray(64)]))
  await append(writer, 'b')
  assert.deepEqual(texts(tail.poll()), ['2 b'])
  tail.close()
  await writer.close()
})

test('a tail ends when a record it handed out has become void', async t => {
  const folder = memoryFolder(t)
  const { files, fails } = failingFiles()
  const { writer, reader } = await openJournalWriter(folder, { durability: 'fsync', files })
  await append(writer, 'a')
  const tail = reader.tail(1)
  fails.fdatasync = 'EIO'
  fails.ftruncate = 'EIO'
  await assert.rejects(append(writer, 'never synced'))
  assert.deepEqual(texts(tail.poll()), ['1 a', '2 never synced'])
  delete fails.fdatasync
  await append(writer, 'b')
  assert.equal(tail.poll(), undefined)
  assert.equal(tail.poll(), undefined)
  assert.deepEqual(pollAll(reader.tail(1)), ['1 a', '2 b'])
  await writer.close()
})

test('a tail goes on over a failed frame that it has not handed out', async t => {
  const folder = memoryFolder(t)
  const { files, fails } = failingFiles()
  const { writer, reader } = await openJournalWriter(folder, { durability: 'fsync', files })
  await append(writer, 'a')
  const tail = reader.tail(1)
  assert.deepEqual(texts(tail.poll()), ['1 a'])
  fails.fdatasync = 'EIO'
  await assert.rejects(append(writer, 'never synced'))
  assert.deepEqual(tail.poll(), [])
  delete fails.fdatasync
  await append(writer, 'b')
  assert.deepEqual(texts(tail.poll()), ['2 b'])
  await writer.close()
})

test('a tail ends when the next records were pruned', async t => {
  const { sealed } = await writtenJournal(memoryFolder(t), 'fsync')
  const [oldest] = segmentsIn(sealed)
  const before = openJournalReader(sealed).tail(4)
  rmSync(join(sealed, oldest!))
  assert.equal(before.poll(), undefined)
  assert.equal(openJournalReader(sealed).tail(1).poll(), undefined)
  assert.deepEqual(pollAll(openJournalReader(sealed).tail(7)), allRecords.slice(6))
})

test('a tail finishes a segment that is pruned while it reads, and ends at the gap behind it', async t => {
  const folder = memoryFolder(t)
  const { writer, reader } = await openJournalWriter(folder, { durability: 'os', segmentBytes: 1 })
  const tail = reader.tail(1)
  await append(writer, 'a')
  assert.deepEqual(texts(tail.poll()), ['1 a'])
  for (const text of ['b', 'c', 'd']) await append(writer, text)
  const [first, second] = segmentsIn(folder)
  rmSync(join(folder, first!))
  assert.deepEqual(texts(tail.poll()), ['2 b'])
  rmSync(join(folder, second!))
  rmSync(join(folder, segmentsIn(folder)[0]!))
  assert.equal(tail.poll(), undefined)
  await writer.close()
})

test('a tail says when what it comes to was changed', async t => {
  const { sealed, ends } = await writtenJournal(memoryFolder(t), 'fsync')
  const [oldest, newest] = segmentsIn(sealed)
  const inOldest = openJournalReader(copyWith(sealed, oldest, bytes => flipped(bytes, ends[1]!.bytes + 40))).tail(1)
  assert.throws(() => inOldest.poll(), { code: 'MILL_JOURNAL_DAMAGED' })
  const inNewest = openJournalReader(copyWith(sealed, newest, bytes => flipped(bytes, 70))).tail(1)
  assert.deepEqual(texts(inNewest.poll()), allRecords.slice(0, 6))
  assert.throws(() => inNewest.poll(), { code: 'MILL_JOURNAL_DAMAGED' })
})

test('a tail that was at the end says when what comes then was changed', async t => {
  const { sealed, ends } = await writtenJournal(memoryFolder(t), 'fsync')
  const newest = segmentsIn(sealed).at(-1)!
  const copy = copyWith(sealed, newest, bytes => bytes.subarray(0, ends[3]!.bytes))
  const tail = openJournalReader(copy).tail(1)
  assert.deepEqual(pollAll(tail), allRecords.slice(0, 7))
  const rest = flipped(readFileSync(join(sealed, newest)), ends[3]!.bytes + 40).subarray(ends[3]!.bytes)
  appendFileSync(join(copy, newest), rest.subarray(0, 45))
  assert.deepEqual(tail.poll(), [])
  appendFileSync(join(copy, newest), rest.subarray(45))
  assert.throws(() => tail.poll(), { code: 'MILL_JOURNAL_DAMAGED' })
})

test('a tail waits at a frame that is shortened again', async t => {
  const { unsealed, ends } = await writtenJournal(memoryFolder(t), 'fsync')
  const newest = segmentsIn(unsealed).at(-1)!
  const path = join(unsealed, newest)
  const last = readFileSync(path)
  truncateSync(path, ends[3]!.bytes + 10)
  const tail = openJournalReader(unsealed).tail(7)
  assert.deepEqual(pollAll(tail), ['7 seven'])
  truncateSync(path, ends[3]!.bytes)
  assert.deepEqual(tail.poll(), [])
  writeFileSync(path, last)
  assert.deepEqual(texts(tail.poll()), ['8 eight'])
})
