import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { openDatabase, sqliteSeriesStore } from '../src/index.ts'
import { killWhilePushing, runTogether } from './children.ts'
import { temporaryFolder } from './temporary-folder.ts'

function database(context: TestContext, path = join(temporaryFolder(context), 'state.db')) {
  const opened = openDatabase(path)
  context.after(() => opened.close())
  return opened
}

test('sqlite: values, order and odd ids are there after closing and opening again', async t => {
  const path = join(temporaryFolder(t), 'state.db')
  const first = database(t, path)
  const before = sqliteSeriesStore(first)
  for (const id of ['a', '\uD800', 'b', 'a']) await before.push({ seriesId: id, value: -0, keep: 5 })
  first.close()
  const after = sqliteSeriesStore(database(t, path))
  assert.deepEqual(await after.read('a'), [-0, -0])
  assert.deepEqual(await after.read('\uD800'), [-0])
  assert.deepEqual(
    (await after.list(3)).map(({ seriesId }) => seriesId),
    ['a', 'b', '\uD800']
  )
})

test('sqlite: two stores on one file see each other at once', async t => {
  const path = join(temporaryFolder(t), 'state.db')
  const one = sqliteSeriesStore(database(t, path))
  const other = sqliteSeriesStore(database(t, path))
  await one.push({ seriesId: 's', value: 1, keep: 2 })
  assert.deepEqual((await other.push({ seriesId: 's', value: 2, keep: 2 })).earlier, [1])
  assert.deepEqual(await one.read('s'), [2, 1])
})

test('sqlite: pushes of several processes to one series form one chain', async t => {
  const path = join(temporaryFolder(t), 'state.db')
  const reports = await runTogether<{ value: number; lags: number[] }[]>(4, path, 'push')
  const pushes = reports.flat()
  assert.equal(pushes.length, 800)
  // Follow the chain from the push that found nothing: each value is the newest lag of exactly one other push.
  const pushAfter = new Map(pushes.map(push => [push.lags[0], push]))
  const chain: number[] = []
  for (let push = pushAfter.get(undefined); push !== undefined; push = pushAfter.get(push.value)) {
    assert.deepEqual(push.lags, chain.slice(-3).toReversed())
    chain.push(push.value)
  }
  assert.equal(new Set(chain).size, 800)
  assert.deepEqual(await sqliteSeriesStore(database(t, path)).read('shared'), chain.slice(-3).toReversed())
})

test('sqlite: a process killed without warning loses no acknowledged push', async t => {
  const path = join(temporaryFolder(t), 'state.db')
  const last = await killWhilePushing(path, 300)
  const values = (await sqliteSeriesStore(database(t, path)).read('endless')) ?? []
  const stored = values.length - 1
  assert.ok(last >= 299 && (stored === last || stored === last + 1), `acknowledged ${last}, stored ${stored}`)
  assert.deepEqual(values.toReversed(), [...values.keys()])
})
