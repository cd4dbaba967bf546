import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { openJournalReader, openJournalWriter } from '../src/index.ts'
import { memoryFolder } from './memory-folder.ts'
import {
  allRecords,
  copyWith,
  flipped,
  ofNewerVersion,
  readBack,
  reopened,
  segmentsIn,
  writtenJournal
} from './written-journal.ts'

const damaged = 'MILL_JOURNAL_DAMAGED'

for (const durability of ['fsync', 'os'] as const) {
  test(`${durability}: cut at any byte, a journal keeps exactly the frames before the cut`, async t => {
    const { unsealed, ends } = await writtenJournal(memoryFolder(t), durability)
    const newest = segmentsIn(unsealed).at(-1)!
    const size = readFileSync(join(unsealed, newest)).length
    for (let bytes = 0; bytes <= size; bytes++) {
      const whole = ends.findLast(end => end.segment !== newest || end.bytes <= bytes)!.records
      const expected = allRecords.slice(0, whole)
      const cut = copyWith(unsealed, newest, all => all.subarray(0, bytes))
      assert.deepEqual(readBack(cut), expected, `read after ${bytes} bytes`)
      assert.deepEqual((await reopened(cut, durability)).found, expected, `reopened after ${bytes} bytes`)
    }
  })
}

test('fsync: after a clean stop no changed byte passes unnoticed, nor costs a record', async t => {
  const { sealed } = await writtenJournal(memoryFolder(t), 'fsync')
  const outcomes = new Map<string, number>()
  for (const segment of segmentsIn(sealed)) {
    for (let offset = 0; offset < readFileSync(join(sealed, segment)).length; offset++) {
      const copy = copyWith(sealed, segment, bytes => flipped(bytes, offset))
      const found = readBack(copy)
      if (found !== damaged) assert.deepEqual(found, allRecords, `byte ${offset} of ${segment}`)
      const outcome = found === damaged ? 'noticed' : 'whole'
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      assert.deepEqual((await reopened(copy, 'fsync')).found, found, `byte ${offset} of ${segment}, reopened`)
    }
  }
  // Only the seal at the end, a frame of 32 bytes without records, can be lost without losing a record.
  assert.equal(outcomes.get('whole'), 32)
})

test('fsync: after a kill a changed byte costs at most the last frame, which may never have been finished', async t => {
  const { unsealed, ends } = await writtenJournal(memoryFolder(t), 'fsync')
  const allButLast = allRecords.slice(0, ends.at(-2)!.records)
  const lastFrame = ends.at(-2)!.bytes
  const newest = segmentsIn(unsealed).at(-1)!
  for (const segment of segmentsIn(unsealed)) {
    for (let offset = 0; offset < readFileSync(join(unsealed, segment)).length; offset++) {
      const isInLast = segment === newest && offset >= lastFrame
      const copy = copyWith(unsealed, segment, bytes => flipped(bytes, offset))
      assert.deepEqual(readBack(copy), isInLast ? allButLast : damaged, `byte ${offset} of ${segment}`)
    }
  }
})

test('os: a changed byte cuts the journal there, and the note says what is lost', async t => {
  const { unsealed, ends } = await writtenJournal(memoryFolder(t), 'os')
  for (const segment of segmentsIn(unsealed)) {
    for (let offset = 0; offset < readFileSync(join(unsealed, segment)).length; offset++) {
      const copy = copyWith(unsealed, segment, bytes => flipped(bytes, offset))
      const { found, notes } = await reopened(copy, 'os')
      const inSegment = ends.filter(end => end.segment === segment)
      const header = ends.findLast(end => end.segment < segment)?.records ?? 0
      const whole = offset < 64 ? header : (inSegment.findLast(end => end.bytes <= offset)?.records ?? header)
      assert.deepEqual(found, allRecords.slice(0, whole), `byte ${offset} of ${segment}`)
      const lost = allRecords.length - whole
      const isLastFrame = whole >= ends.at(-2)!.records
      const [note] = notes
      assert.equal(notes.length, 1)
      assert.equal(
        note!.message,
        isLastFrame ? 'cut off an end that was never finished' : 'lost records that were never synced'
      )
      assert.equal(note!.details['records'], isLastFrame ? 0 : lost)
      assert.equal(note!.details['lastSequence'], whole)
    }
  }
})

for (const durability of ['fsync', 'os'] as const) {
  test(`${durability}: bytes behind the last frame are cut off, and the note says how many`, async t => {
    const { unsealed } = await writtenJournal(memoryFolder(t), durability)
    const newest = segmentsIn(unsealed).at(-1)!
    const anything = fc.uint8Array({ minLength: 1, maxLength: 100 })
    const zeros = fc.integer({ min: 1, max: 5000 }).map(length => new Uint8Array(length))
    const ownFrame = fc.constant(readFileSync(join(unsealed, segmentsIn(unsealed)[0]!)).subarray(64))
    await fc.assert(
      fc.asyncProperty(fc.oneof(anything, zeros, ownFrame), async tail => {
        const copy = copyWith(unsealed, newest, bytes => Buffer.concat([bytes, tail]))
        assert.deepEqual(readBack(copy), allRecords)
        const { found, notes } = await reopened(copy, durability)
        assert.deepEqual(found, allRecords)
        assert.deepEqual(
          notes.map(({ message, details }) => [message, details['bytes'], details['records']]),
          [['cut off an end that was never finished', tail.length, 0]]
        )
      }),
      { numRuns: 60 }
    )
  })
}

test('whatever is written over a journal, what is read back was appended, in order from the first', async t => {
  const folder = memoryFolder(t)
  const journals = {
    fsync: await writtenJournal(join(folder, 'fsync'), 'fsync'),
    os: await writtenJournal(join(folder, 'os'), 'os')
  }
  const overwriting = fc.record({
    durability: fc.constantFrom('fsync', 'os'),
    isNewest: fc.boolean(),
    at: fc.nat({ max: 300 }),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 80 })
  })
  await fc.assert(
    fc.asyncProperty(overwriting, async ({ durability, isNewest, at, bytes }) => {
      const { unsealed } = journals[durability]
      const copy = copyWith(unsealed, segmentsIn(unsealed).at(isNewest ? -1 : 0), whole => {
        whole.set(bytes.subarray(0, Math.max(0, whole.length - at)), Math.min(at, whole.length))
        return whole
      })
      const { found } = await reopened(copy, durability)
      if (found === damaged) return
      assert.deepEqual(found, allRecords.slice(0, found.length))
    }),
    { numRuns: 300 }
  )
})

test('a segment that is missing is noticed by whoever asks for its records', async t => {
  const { sealed } = await writtenJournal(memoryFolder(t), 'fsync')
  const [oldest, newest] = segmentsIn(sealed)
  const withoutOldest = copyWith(sealed, oldest, () => undefined)
  assert.equal(readBack(withoutOldest), damaged)
  assert.deepEqual(readBack(withoutOldest, 7), allRecords.slice(6))
  const { writer } = await openJournalWriter(withoutOldest, { durability: 'fsync' })
  assert.equal(writer.lastSequence, allRecords.length)
  await writer.close()
  assert.deepEqual(readBack(copyWith(sealed, newest, () => undefined)), allRecords.slice(0, 6))
})

test('the error about a changed byte names the file and the place', async t => {
  const { sealed, ends } = await writtenJournal(memoryFolder(t), 'fsync')
  const [oldest] = segmentsIn(sealed)
  const offset = ends[1]!.bytes + 3
  const copy = copyWith(sealed, oldest, bytes => flipped(bytes, offset))
  const path = join(copy, oldest!)
  assert.throws(() => [...openJournalReader(copy).records(1)], {
    code: damaged,
    message: new RegExp(`${path} .*record 4 should be at byte ${ends[1]!.bytes} `),
    details: { path, offset: ends[1]!.bytes, sequence: 4 }
  })
})

test('damage before what is asked for does not matter', async t => {
  const { sealed, ends } = await writtenJournal(memoryFolder(t), 'fsync')
  const [oldest] = segmentsIn(sealed)
  const copy = copyWith(sealed, oldest, bytes => flipped(bytes, ends[0]!.bytes + 40))
  assert.equal(readBack(copy, 3), damaged)
  assert.deepEqual(readBack(copy, 4), allRecords.slice(3))
})

test('records that were handed out before damage is met are right', async t => {
  const { sealed, ends } = await writtenJournal(memoryFolder(t), 'fsync')
  const copy = copyWith(sealed, segmentsIn(sealed)[0], bytes => flipped(bytes, ends[1]!.bytes + 40))
  const payloads: string[] = []
  assert.throws(
    () => {
      for (const { sequence, payload } of openJournalReader(copy).records(1))
        payloads.push(`${sequence} ${Buffer.from(payload).toString()}`)
    },
    { code: damaged }
  )
  assert.deepEqual(payloads, allRecords.slice(0, 3))
})

test('a segment under the name of another is damaged', async t => {
  const { sealed } = await writtenJournal(memoryFolder(t), 'fsync')
  const [oldest, newest] = segmentsIn(sealed)
  const copy = copyWith(sealed, newest, () => readFileSync(join(sealed, oldest!)))
  assert.deepEqual(readBack(copy), allRecords.slice(0, 6))
})

test('what a newer Millrace wrote is refused, naming both versions', async t => {
  const { sealed } = await writtenJournal(memoryFolder(t), 'fsync')
  const copy = copyWith(sealed, segmentsIn(sealed).at(-1), ofNewerVersion)
  const refusal = { code: 'MILL_STATE_INVALID', message: /newer Millrace: it has format 2, this one knows up to 1/ }
  assert.throws(() => [...openJournalReader(copy).records(1)], refusal)
  assert.throws(() => openJournalReader(copy).tail(7).poll(), refusal)
  await assert.rejects(openJournalWriter(copy, { durability: 'fsync' }), refusal)
})
