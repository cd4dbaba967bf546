import assert from 'node:assert/strict'
import { test } from 'node:test'
import { durabilities } from '../src/index.ts'
import { killWhileKeeping, runTogether } from './children.ts'
import { embedded } from './embedded.ts'
import { memoryFolder } from './memory-folder.ts'

test('pushes of several processes to one series form one chain', async t => {
  const folder = memoryFolder(t)
  const reports = await runTogether<{ value: number; lags: number[] }[]>(3, folder, 'push')
  const pushes = reports.flat()
  assert.equal(pushes.length, 600)
  // Follow the chain from the push that found nothing: each value is the newest lag of exactly one other push.
  const pushAfter = new Map(pushes.map(push => [push.lags[0], push]))
  const chain: number[] = []
  for (let push = pushAfter.get(undefined); push !== undefined; push = pushAfter.get(push.value)) {
    assert.deepEqual(push.lags, chain.slice(-3).toReversed())
    chain.push(push.value)
  }
  assert.equal(new Set(chain).size, 600)
  const { series } = await embedded(t, { folder })
  assert.deepEqual(await series.read('shared'), chain.slice(-3).toReversed())
})

test('of several processes that push the same observations, each is stored by one', async t => {
  const folder = memoryFolder(t)
  const counts = await runTogether<number>(3, folder, 'pushTheSame')
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    200
  )
  const values = (await (await embedded(t, { folder })).series.read('same')) ?? []
  assert.deepEqual(
    values.toSorted((a, b) => a - b),
    [...Array(200).keys()]
  )
})

test('several processes share one stream without a gap or a double', async t => {
  const reports = await runTogether<number[]>(3, memoryFolder(t), 'advance')
  for (const indexes of reports) {
    assert.deepEqual(
      indexes,
      indexes.toSorted((a, b) => a - b)
    )
  }
  const all = reports.flat().toSorted((a, b) => a - b)
  assert.deepEqual(all, [...Array(500).keys()])
})

for (const durability of durabilities) {
  test(`a process killed without warning loses nothing it acknowledged, and doubles nothing: ${durability}`, async t => {
    const folder = memoryFolder(t)
    for (const least of [1, 300]) {
      const acknowledged = await killWhileKeeping({ folder, durability, acknowledged: least })
      assert.ok(acknowledged.length >= least)
      const store = await embedded(t, { folder, idsRemembered: 100_000 })
      const values = (await store.series.read('endless')) ?? []
      // The child begins with 0 each time: what was kept before is known by its id.
      assert.deepEqual(values.toReversed(), [...values.keys()])
      for (const value of acknowledged) {
        assert.ok(value < values.length, `lost ${value} of ${values.length}`)
        const again = { seriesId: 'endless', value, keep: 1_000_000, observationId: `o${value}` }
        assert.deepEqual(await store.series.push(again), {
          earlier: values.slice(values.length - value),
          isRepeat: true,
          storage: 'sqlite'
        })
        assert.equal((await store.pending.get('linear', `p${value}`, Date.now()))?.prediction, value)
      }
      assert.ok((await store.cursors.position('endless')).index >= acknowledged.length)
      await store.close()
    }
  })
}
