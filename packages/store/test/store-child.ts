// Run by tests as a process of its own, beside others on the same file.
// Arguments: database file, task, number of this child. Reports over IPC, or by lines where each must be out before
// the next call is made.
import { writeSync } from 'node:fs'
import { openDatabase, sqliteCursorStore, sqliteSeriesStore } from '../src/index.ts'

const [path = '', task = '', child = '0'] = process.argv.slice(2)

/** Tell the parent that this process runs, and wait until all others do. */
async function ready(): Promise<void> {
  const started = new Promise(resolve => process.once('message', resolve))
  process.send?.('ready')
  await started
}

async function pushInParallel(): Promise<unknown> {
  const store = sqliteSeriesStore(openDatabase(path))
  const pushes: { value: number; lags: number[] }[] = []
  for (let turn = 0; turn < 200; turn++) {
    const value = Number(child) * 1000 + turn
    pushes.push({ value, lags: (await store.push({ seriesId: 'shared', value, keep: 3 })).earlier })
  }
  return pushes
}

async function advanceInParallel(): Promise<unknown> {
  const cursors = sqliteCursorStore(openDatabase(path))
  const indexes: number[] = []
  for (;;) {
    const item = await cursors.advance('shared', 500)
    if (item === undefined) return indexes
    indexes.push(item.index)
  }
}

/** Until killed: push, and only then say so. */
async function pushForEver(): Promise<never> {
  const database = openDatabase(path)
  const store = sqliteSeriesStore(database)
  const cursors = sqliteCursorStore(database)
  for (let value = 0; ; value++) {
    await store.push({ seriesId: 'endless', value, keep: 1_000_000 })
    await cursors.advance('endless', Number.MAX_SAFE_INTEGER)
    writeSync(1, `${value}\n`)
  }
}

if (task === 'pushForEver') await pushForEver()
await ready()
const result = task === 'push' ? await pushInParallel() : await advanceInParallel()
process.send?.(result, () => process.disconnect())
