import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { durabilities, openJournalWriter, pruneJournal, writeSnapshot } from '../src/index.ts'
import { journalContract } from './journal-contract.ts'

for (const durability of durabilities) {
  journalContract(`journal in files, ${durability}`, async now => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-store-'))
    const { writer, reader } = await openJournalWriter(folder, { durability, now })
    return {
      writer,
      reader,
      writeSnapshot: snapshot => writeSnapshot(folder, snapshot),
      prune: () => void pruneJournal(folder, { retentionBytes: 0, keepSnapshots: 1 }),
      async close() {
        await writer.close()
        rmSync(folder, { recursive: true })
      }
    }
  })
}
