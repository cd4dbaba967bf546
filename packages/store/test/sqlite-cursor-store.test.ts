import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { openDatabase, sqliteCursorStore } from '../src/index.ts'
import { killWhilePushing, runTogether } from './children.ts'
import { cursorStoreContract } from './cursor-store-contract.ts'
import { temporaryFolder } from './temporary-folder.ts'

cursorStoreContract('sqlite', context => {
  const database = openDatabase(join(temporaryFolder(context), 'state.db'))
  context.after(() => database.close())
  return sqliteCursorStore(database)
})

test('sqlite: a cursor goes on where it was after closing and opening again', async t => {
  const path = join(temporaryFolder(t), 'state.db')
  const first = openDatabase(path)
  for (let turn = 0; turn < 3; turn++) await sqliteCursorStore(first).advance('s', 10)
  first.close()
  const second = openDatabase(path)
  t.after(() => second.close())
  assert.deepEqual(await sqliteCursorStore(second).advance('s', 10), { index: 3, round: 0 })
})

test('sqlite: several processes share one stream without a gap or a double', async t => {
  const path = join(temporaryFolder(t), 'state.db')
  const reports = await runTogether<number[]>(4, path, 'advance')
  for (const indexes of reports)
    assert.deepEqual(
      indexes,
      indexes.toSorted((a, b) => a - b)
    )
  const all = reports.flat().toSorted((a, b) => a - b)
  assert.deepEqual(all, [...Array(500).keys()])
})

test('sqlite: a process killed without warning loses no acknowledged index', async t => {
  const path = join(temporaryFolder(t), 'state.db')
  const last = await killWhilePushing(path, 100)
  const database = openDatabase(path)
  t.after(() => database.close())
  const { index: position } = await sqliteCursorStore(database).position('endless')
  assert.ok(position === last + 1 || position === last + 2, `acknowledged ${last}, position ${position}`)
})
