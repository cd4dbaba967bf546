import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import {
  type Durability,
  type JournalWriterOptions,
  type OpenJournal,
  openJournalReader,
  openJournalWriter
} from '../src/index.ts'
import { failingFiles, type FailingFiles } from './failing-files.ts'
import { append, texts } from './journal-appends.ts'
import { memoryFolder } from './memory-folder.ts'
import { copyAsIs } from './simulated-disk.ts'
import { reopened, segmentsIn } from './written-journal.ts'

interface Failing extends OpenJournal, FailingFiles {
  folder: string
}

/** An open journal with the record 'one', on a file system that will fail as it is told. */
async function failing(
  context: TestContext,
  durability: Durability,
  options: Partial<JournalWriterOptions> = {}
): Promise<Failing> {
  const folder = join(memoryFolder(context), 'journal')
  const disk = failingFiles()
  const journal = await openJournalWriter(folder, { durability, files: disk.files, ...options })
  await append(journal.writer, 'one')
  await journal.writer.flush()
  return Object.assign(disk, journal, { folder })
}

/** What a process finds that starts at this moment. */
async function foundNow(folder: string, durability: Durability): Promise<string[] | string> {
  const copy = `${folder}-found`
  copyAsIs(folder, copy)
  return (await reopened(copy, durability)).found
}

for (const durability of ['fsync', 'os'] as const) {
  test(`${durability}: on a full disk appends fail with what helps, and succeed as soon as there is space`, async t => {
    const { writer, reader, fails, folder } = await failing(t, durability)
    fails.write = 'ENOSPC'
    for (const text of ['lost', 'lost too']) {
      await assert.rejects(append(writer, text), {
        code: 'MILL_STORE_FAILED',
        message: `journal ${folder} could not be written (ENOSPC): the disk is full; free some space, then try again`,
        details: { path: folder, reason: 'ENOSPC' }
      })
    }
    assert.equal((writer.problem as { code: string }).code, 'MILL_STORE_FAILED')
    assert.equal(writer.lastSequence, 1)
    delete fails.write
    assert.equal((await append(writer, 'two')).first, 2)
    assert.equal(writer.problem, undefined)
    assert.deepEqual(texts(reader.records(1)), ['1 one', '2 two'])
    assert.deepEqual(await foundNow(folder, durability), ['1 one', '2 two'])
    await writer.close()
  })

  test(`${durability}: a disk that stays full is not littered with files`, async t => {
    const { writer, fails, folder } = await failing(t, durability)
    fails.write = 'ENOSPC'
    for (let attempt = 0; attempt < 10; attempt++) await assert.rejects(append(writer, 'lost'))
    assert.equal(segmentsIn(folder).length, 1)
    await writer.close()
  })

  test(`${durability}: writes that take only a part are carried on`, async t => {
    const { writer, reader, folder } = await failing(t, durability)
    const disk = failingFiles()
    disk.mostWritten = 7
    await writer.close()
    const short = await openJournalWriter(folder, { durability, files: disk.files })
    await append(short.writer, 'two', 'three')
    await append(short.writer, 'four')
    assert.deepEqual(texts(reader.records(1)), ['1 one', '2 two', '3 three', '4 four'])
    await short.writer.close()
  })

  test(`${durability}: a write that takes nothing fails`, async t => {
    const disk = await failing(t, durability)
    disk.mostWritten = 0
    await assert.rejects(append(disk.writer, 'lost'), { code: 'MILL_STORE_FAILED', message: /\(EIO\): the disk fails/ })
    disk.mostWritten = undefined
    await append(disk.writer, 'two')
    assert.deepEqual(texts(disk.reader.records(1)), ['1 one', '2 two'])
    await disk.writer.close()
  })

  test(`${durability}: a segment that cannot be made fails the append, and is made with the next`, async t => {
    const { writer, reader, fails } = await failing(t, durability, { segmentBytes: 1 })
    fails.open = 'EROFS'
    await assert.rejects(append(writer, 'lost'), {
      code: 'MILL_STORE_FAILED',
      message: /\(EROFS\): the file system is read-only; make it writable again/
    })
    delete fails.open
    await append(writer, 'two')
    fails.syncFolder = 'EIO'
    await assert.rejects(append(writer, 'lost'), { code: 'MILL_STORE_FAILED' })
    delete fails.syncFolder
    await append(writer, 'three')
    assert.deepEqual(texts(reader.records(1)), ['1 one', '2 two', '3 three'])
    await writer.close()
  })
}

test('fsync: after a failed sync the file is not used again, and its frame is void once there is a later one', async t => {
  const { writer, reader, fails, folder } = await failing(t, 'fsync')
  // All that could undo the frame fails too, so that it stays in the file, whole.
  Object.assign(fails, { fdatasync: 'EIO', ftruncate: 'EIO', unlink: 'EIO' })
  await assert.rejects(append(writer, 'never synced'), {
    code: 'MILL_STORE_FAILED',
    message: /\(EIO\): the disk fails; check it/
  })
  assert.deepEqual(texts(reader.records(1)), ['1 one', '2 never synced'])
  for (const operation of ['fdatasync', 'ftruncate', 'unlink'] as const) delete fails[operation]
  assert.equal((await append(writer, 'two')).first, 2)
  assert.equal(segmentsIn(folder).length, 2)
  assert.deepEqual(texts(reader.records(1)), ['1 one', '2 two'])
  assert.deepEqual(await foundNow(folder, 'fsync'), ['1 one', '2 two'])
  await writer.close()
})

test('all appends of a failed frame fail, those that came meanwhile succeed, in their order', async t => {
  const { writer, reader, fails, hold } = await failing(t, 'fsync')
  const goOn = hold('fdatasync')
  const outcomes: string[] = []
  const listen = (text: string): Promise<void> =>
    append(writer, text).then(
      ({ first }) => void outcomes.push(`${text} ${first}`),
      () => void outcomes.push(`${text} failed`)
    )
  const first = [listen('a'), listen('b')]
  // Both are under way once their bytes are there.
  while (texts(reader.records(1)).length < 3) await new Promise(resolve => setImmediate(resolve))
  const second = [listen('c'), listen('d')]
  fails.fdatasync = 'EIO'
  goOn()
  await Promise.all(first)
  delete fails.fdatasync
  await Promise.all(second)
  assert.deepEqual(outcomes, ['a failed', 'b failed', 'c 2', 'd 3'])
  assert.deepEqual(texts(reader.records(1)), ['1 one', '2 c', '3 d'])
  await writer.close()
})

test('when more waits than may, appends are refused until there is room', async t => {
  const { writer, reader, hold } = await failing(t, 'fsync', { maxQueuedBytes: 100 })
  const goOn = hold('fdatasync')
  const taken = [append(writer, 'x'.repeat(40)), append(writer, 'y'.repeat(40))]
  await assert.rejects(append(writer, 'z'.repeat(40)), {
    code: 'MILL_OVERLOADED',
    details: { queuedBytes: 88, maxQueuedBytes: 100 }
  })
  const small = append(writer, 'fits')
  goOn()
  await Promise.all([...taken, small])
  await append(writer, 'z'.repeat(40))
  assert.equal([...reader.records(1)].length, 5)
  await writer.close()
})

test('none: on a failing disk appends stay committed and are written later', async t => {
  const { writer, reader, fails, folder } = await failing(t, 'none')
  fails.write = 'EIO'
  assert.equal((await append(writer, 'two')).first, 2)
  await writer.flush()
  assert.equal((writer.problem as { code: string }).code, 'MILL_STORE_FAILED')
  assert.equal((await append(writer, 'three', 'four')).first, 3)
  await writer.flush()
  assert.deepEqual(texts(reader.records(1)), ['1 one'])
  delete fails.write
  await writer.flush()
  assert.equal(writer.problem, undefined)
  assert.deepEqual(texts(reader.records(1)), ['1 one', '2 two', '3 three', '4 four'])
  assert.deepEqual(await foundNow(folder, 'none'), ['1 one', '2 two', '3 three', '4 four'])
  await writer.close()
})

test('none: what waits is tried again by itself', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { writer, reader, fails } = await failing(t, 'none')
  fails.write = 'EIO'
  await append(writer, 'two')
  await writer.flush()
  delete fails.write
  t.mock.timers.tick(500)
  while (writer.problem !== undefined) await new Promise(resolve => setImmediate(resolve))
  assert.deepEqual(texts(reader.records(1)), ['1 one', '2 two'])
  await writer.close()
})

test('none: once the queue is full, appends fail with what keeps it from being written', async t => {
  const { writer, fails } = await failing(t, 'none', { maxQueuedBytes: 100 })
  fails.write = 'ENOSPC'
  await append(writer, 'x'.repeat(90))
  await assert.rejects(append(writer, 'y'.repeat(90)), { code: 'MILL_OVERLOADED' })
  await writer.flush()
  await assert.rejects(append(writer, 'y'.repeat(90)), { code: 'MILL_STORE_FAILED', message: /the disk is full/ })
  await assert.rejects(writer.close(), { code: 'MILL_STORE_FAILED', message: /the disk is full/ })
})

test('none: a close tries once more, and says when records are lost', async t => {
  const { writer, reader, fails, folder } = await failing(t, 'none')
  fails.write = 'EIO'
  await append(writer, 'two')
  await writer.flush()
  delete fails.write
  await writer.close()
  assert.deepEqual(texts(reader.records(1)), ['1 one', '2 two'])
  assert.deepEqual(texts(openJournalReader(folder).records(2)), ['2 two'])
})

test('an append of nothing is refused', async t => {
  const { writer } = await failing(t, 'fsync')
  await assert.rejects(append(writer), { code: 'MILL_OPTION_INVALID' })
  await writer.close()
})

test('a journal that ends uncleanly is not opened on a full disk, and is opened once there is space', async t => {
  const { writer, folder } = await failing(t, 'fsync')
  const copy = `${folder}-killed`
  copyAsIs(folder, copy)
  await writer.close()
  const disk = failingFiles()
  disk.fails.write = 'ENOSPC'
  await assert.rejects(openJournalWriter(copy, { durability: 'fsync', files: disk.files }), {
    code: 'MILL_STORE_FAILED',
    message: /the disk is full/
  })
  assert.deepEqual((await reopened(copy, 'fsync')).found, ['1 one'])
})
