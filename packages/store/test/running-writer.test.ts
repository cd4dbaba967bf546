import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openJournalWriter } from '../src/journal/open-journal-writer.ts'
import { runningWriter } from '../src/journal/running-writer.ts'
import { temporaryFolder } from './temporary-folder.ts'

test('a journal that nobody ever wrote has no writer, and stays untouched', context => {
  const folder = join(temporaryFolder(context), 'journal')
  assert.equal(runningWriter(folder), undefined)
  mkdirSync(folder)
  assert.equal(runningWriter(folder), undefined)
  assert.deepEqual(readdirSync(folder), [])
})

test('the writer is known while it has the journal, and loses nothing by being asked for', async context => {
  const folder = temporaryFolder(context)
  const { writer } = await openJournalWriter(folder, { durability: 'none', now: () => 1234 })
  const expected = { pid: process.pid, host: hostname(), since: 1234 }
  assert.deepEqual([runningWriter(folder), runningWriter(folder)], [expected, expected])
  await assert.rejects(openJournalWriter(folder, { durability: 'none' }), { code: 'MILL_WRITER_TAKEN' })
  rmSync(join(folder, 'writer.json'))
  assert.deepEqual(runningWriter(folder), { pid: undefined, host: undefined, since: undefined })
  await writer.close()
  assert.equal(runningWriter(folder), undefined)
})

test('the note of a writer that died is not believed', async context => {
  const folder = temporaryFolder(context)
  const { writer } = await openJournalWriter(folder, { durability: 'none' })
  const note = readFileSync(join(folder, 'writer.json'))
  await writer.close()
  writeFileSync(join(folder, 'writer.json'), note)
  assert.equal(runningWriter(folder), undefined)
})
