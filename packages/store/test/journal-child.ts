// Run by tests as a process of its own that writes a journal. Arguments: folder, role, durability. Reports by lines:
// `ready <last sequence>`, then `committed <sequence>` for each append, one after the other without end, or the code of
// the error that ends it.
import { writeSync } from 'node:fs'
import { type Durability, type JournalWriter, openJournalWriter } from '../src/index.ts'
import { append } from './journal-appends.ts'

const [folder = '', role = 'writer', durability = 'fsync'] = process.argv.slice(2)

function say(line: string): void {
  writeSync(1, `${line}\n`)
}

async function appendForEver(writer: JournalWriter): Promise<never> {
  for (;;) {
    const { first } = await append(writer, `${process.pid} ${writer.lastSequence + 1}`)
    say(`committed ${first}`)
  }
}

try {
  const { writer } = await openJournalWriter(folder, {
    durability: durability as Durability,
    role: role as 'writer' | 'takeover'
  })
  say(`ready ${writer.lastSequence}`)
  await appendForEver(writer)
} catch (error) {
  say(error instanceof Error && 'code' in error ? String(error.code) : String(error))
}
