import { durabilities, memoryJournal } from '../src/index.ts'
import { journalContract } from './journal-contract.ts'

for (const durability of durabilities) {
  journalContract(`memory journal, ${durability}`, async now => {
    const journal = memoryJournal({ durability, now })
    return { ...journal, prune: () => journal.prune({ keepSnapshots: 1 }), close: () => journal.writer.close() }
  })
}
