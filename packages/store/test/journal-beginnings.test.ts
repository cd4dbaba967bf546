import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { type Durability, type JournalWriter, openJournalReader, openJournalWriter } from '../src/index.ts'
import { type FileOperations, fileOperations } from '../src/journal/file-operations.ts'
import { memoryFolder } from './memory-folder.ts'
import { copyAsIs } from './simulated-disk.ts'

const texts = ['first', 'second', 'third']

function append(writer: JournalWriter, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    writer.append([Buffer.from(text)], { committed: () => resolve(), failed: reject })
  })
}

/** A journal in three frames, as a killed writer has left it. */
async function killedJournal(t: TestContext, durability: Durability): Promise<string> {
  const folder = memoryFolder(t)
  const { writer } = await openJournalWriter(join(folder, 'written'), { durability })
  for (const text of texts) await append(writer, text)
  copyAsIs(join(folder, 'written'), join(folder, 'found'))
  await writer.close()
  return join(folder, 'found')
}

/** The file system up to the n-th operation of a writer, which is never done. */
function diesAt(n: number): { files: FileOperations; died: Promise<void> } {
  const { promise: died, resolve } = Promise.withResolvers<void>()
  let count = 0
  const operations = Object.entries(fileOperations).map(([name, operation]) => [
    name,
    (...args: unknown[]) => {
      count += 1
      if (count < n) (operation as (...given: unknown[]) => void)(...args)
      else resolve()
    }
  ])
  return { files: Object.fromEntries(operations) as FileOperations, died }
}

for (const durability of ['fsync', 'os'] as const) {
  for (const role of ['writer', 'takeover'] as const) {
    test(`${durability}: a ${role} that dies anywhere while it begins leaves every record`, async t => {
      for (let n = 1; ; n++) {
        const folder = await killedJournal(t, durability)
        const { files, died } = diesAt(n)
        const opened = openJournalWriter(folder, { durability, role, files })
        const ended = await Promise.race([died.then(() => 'died'), opened.then(() => 'opened')])
        // The lease of the one that died stays with this process; its files are what another one finds.
        copyAsIs(folder, `${folder}-${n}`)
        const next = await openJournalWriter(`${folder}-${n}`, { durability })
        await append(next.writer, 'fourth')
        await next.writer.close()
        const records = [...openJournalReader(`${folder}-${n}`).records(1)]
        assert.deepEqual(
          records.map(({ payload }) => Buffer.from(payload).toString()),
          [...texts, 'fourth'],
          `operation ${n}`
        )
        if (ended === 'opened') return assert.ok(n > 3)
      }
    })
  }
}
