import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { test } from 'node:test'
import { fenceJournal } from '../src/journal/fence-journal.ts'
import { openJournalWriter } from '../src/journal/open-journal-writer.ts'
import { listSegments } from '../src/journal/segment-files.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Appends one record; resolves to its position. */
function append(writer: Awaited<ReturnType<typeof openJournalWriter>>['writer']): Promise<number> {
  return new Promise((resolve, reject) => writer.append([Uint8Array.of(1)], { committed: resolve, failed: reject }))
}

test('a fenced writer acknowledges nothing, and the next one is later than all', async context => {
  const folder = temporaryFolder(context)
  const { writer } = await openJournalWriter(folder, { durability: 'os' })
  assert.equal(await append(writer), 1)
  const epoch = fenceJournal(folder, 7)
  assert.equal(epoch, 7)
  await assert.rejects(append(writer), { code: 'MILL_WRITER_FENCED' })
  await writer.close()
  assert.equal(fenceJournal(folder), 8)
  const next = await openJournalWriter(folder, { durability: 'os' })
  await append(next.writer)
  await next.writer.close()
  assert.equal(listSegments(folder).at(-1)!.epoch, 9)
})

test('without its file the epoch follows from the segments', async context => {
  const folder = temporaryFolder(context)
  assert.equal(fenceJournal(folder), 1)
  const { writer } = await openJournalWriter(folder, { durability: 'os' })
  await append(writer)
  await writer.close()
  rmSync(`${folder}/epoch`)
  assert.equal(fenceJournal(folder), 3)
})
