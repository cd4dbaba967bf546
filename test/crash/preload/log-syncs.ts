/**
 * Loaded before the program: writes down in the file CRASH_SYNCS what of the journals' files a power failure could not
 * take away any more, each time before the program hears of it. See ../power-failure.ts.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { journalPath } from './journal-paths.ts'
import { lookAt, type Synced } from '../power-failure.ts'

type Done = (error: Error | null) => void

const log = fs.openSync(process.env['CRASH_SYNCS']!, 'a')
const { fsync, fdatasync, fsyncSync, fdatasyncSync } = fs
const callbacks = { fsync, fdatasync }
const blocking = { fsyncSync, fdatasyncSync }

for (const name of ['fsync', 'fdatasync'] as const) {
  const asked = (file: number, done: Done): void => {
    const synced = before(file)
    callbacks[name](file, error => {
      if (error === null) note(synced)
      done(error)
    })
  }
  Object.assign(fs, { [name]: asked })
}
for (const name of ['fsyncSync', 'fdatasyncSync'] as const) {
  const asked = (file: number): void => {
    const synced = before(file)
    blocking[name](file)
    note(synced)
  }
  Object.assign(fs, { [name]: asked })
}
syncBuiltinESMExports()

/** What is there when the sync begins: what is written later may not be part of it. */
function before(file: number): Synced | undefined {
  const path = journalPath(file)
  return path === undefined ? undefined : lookAt(path)
}

function note(synced: Synced | undefined): void {
  if (synced !== undefined) fs.writeSync(log, `${JSON.stringify(synced)}\n`)
}
