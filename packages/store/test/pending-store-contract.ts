import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { PendingPrediction, PendingStore } from '../src/index.ts'

type Make = (
  context: TestContext,
  options: { ttlMs: number; limit: number; now: () => number }
) => PendingStore | Promise<PendingStore>

/** When the tests begin, in milliseconds since 1970: the clock that is handed to the store stands here. */
const start = Date.UTC(2030, 0, 1)

function prediction(predictionId: string, changes: Partial<PendingPrediction> = {}): PendingPrediction {
  const features = new TextEncoder().encode(`features of ${predictionId}`)
  return { predictionId, learner: 'linear', features, prediction: 1.5, madeAt: start, ...changes }
}

/**
 * What every store of pending predictions does; `make` gives a new empty one. Time runs only as far as the tests say,
 * so a store with a clock of its own must be given one that stands still.
 */
export function pendingStoreContract(name: string, makeStore: Make): void {
  const make = (context: TestContext, limits: { ttlMs?: number; limit?: number } = {}) =>
    makeStore(context, { ttlMs: 1000, limit: 100, now: () => start, ...limits })

  test(`${name}: a prediction comes back as it was put, until it is removed`, async t => {
    const pending = await make(t)
    assert.equal(await pending.get('linear', 'p1', start), undefined)
    await pending.put(prediction('p1'))
    await pending.put(prediction('p2', { prediction: -0, madeAt: start + 1, features: new Uint8Array([0, 255, 10]) }))
    assert.deepEqual(await pending.get('linear', 'p1', start + 1), prediction('p1'))
    assert.deepEqual(await pending.get('linear', 'p2', start + 1), {
      predictionId: 'p2',
      learner: 'linear',
      features: new Uint8Array([0, 255, 10]),
      prediction: -0,
      madeAt: start + 1
    })
    assert.equal(await pending.count('linear'), 2)
    await pending.remove('linear', 'p1')
    await pending.remove('linear', 'p1')
    assert.equal(await pending.get('linear', 'p1', start + 1), undefined)
    assert.equal(await pending.count('linear'), 1)
  })

  test(`${name}: another learner does not find it`, async t => {
    const pending = await make(t)
    await pending.put(prediction('p1'))
    assert.equal(await pending.get('knn', 'p1', start), undefined)
    await pending.remove('knn', 'p1')
    assert.equal(await pending.count('knn'), 0)
    assert.deepEqual(await pending.get('linear', 'p1', start), prediction('p1'))
  })

  test(`${name}: putting a prediction again counts once`, async t => {
    const pending = await make(t)
    for (let turn = 0; turn < 3; turn++) await pending.put(prediction('p1'))
    assert.equal(await pending.count('linear'), 1)
    assert.deepEqual(await pending.get('linear', 'p1', start), prediction('p1'))
    await pending.remove('linear', 'p1')
    assert.equal(await pending.count('linear'), 0)
  })

  test(`${name}: a prediction expires when its time is over, not before`, async t => {
    const pending = await make(t, { ttlMs: 1000 })
    await pending.put(prediction('p1'))
    assert.deepEqual(await pending.get('linear', 'p1', start + 999), prediction('p1'))
    assert.equal(await pending.get('linear', 'p1', start + 1000), undefined)
  })

  test(`${name}: beyond the limit the oldest of that learner give way`, async t => {
    const pending = await make(t, { limit: 3 })
    await pending.put(prediction('k', { learner: 'knn' }))
    for (const id of ['a', 'b', 'c', 'd', 'e']) await pending.put(prediction(id))
    const kept = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(id => pending.get('linear', id, start)))
    assert.deepEqual(
      kept.map(found => found?.predictionId),
      [undefined, undefined, 'c', 'd', 'e']
    )
    assert.equal(await pending.count('linear'), 3)
    assert.deepEqual(await pending.get('knn', 'k', start), prediction('k', { learner: 'knn' }))
  })

  test(`${name}: a prediction that has its label leaves its place to another`, async t => {
    const pending = await make(t, { limit: 2 })
    await pending.put(prediction('a'))
    for (const id of ['b', 'c', 'd', 'e']) {
      await pending.put(prediction(id))
      await pending.remove('linear', id)
    }
    await pending.put(prediction('f'))
    assert.deepEqual(await pending.get('linear', 'a', start), prediction('a'))
    assert.equal(await pending.count('linear'), 2)
  })

  test(`${name}: predictions put together are all kept`, async t => {
    const pending = await make(t)
    const ids = Array.from({ length: 100 }, (_, index) => `p${index}`)
    await Promise.all(ids.map(id => pending.put(prediction(id))))
    assert.equal(await pending.count('linear'), 100)
    const found = await Promise.all(ids.map(id => pending.get('linear', id, start)))
    assert.deepEqual(
      found,
      ids.map(id => prediction(id))
    )
  })

  test(`${name}: learners and prediction ids are any text, features any bytes`, async t => {
    const pending = await make(t)
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
    const odd = ['', ' ', '__proto__', 'a:b', '\0', '\uD800', '\uDC00', '\uFFFD', '\u{1F600}']
    for (const [index, text] of odd.entries()) {
      const features = index === 0 ? new Uint8Array() : bytes.subarray(index)
      await pending.put(prediction(text, { learner: text, features }))
    }
    for (const [index, text] of odd.entries()) {
      const found = await pending.get(text, text, start)
      assert.deepEqual(found?.features, index === 0 ? new Uint8Array() : bytes.slice(index), JSON.stringify(text))
      assert.equal(found.predictionId, text)
      assert.equal(found.learner, text)
      assert.equal(await pending.count(text), 1)
    }
  })

  test(`${name}: what the caller does with the features later changes nothing`, async t => {
    const pending = await make(t)
    const features = new Uint8Array([1, 2, 3])
    const putting = pending.put(prediction('p1', { features }))
    features.fill(9)
    await putting
    const found = await pending.get('linear', 'p1', start)
    assert.deepEqual(found?.features, new Uint8Array([1, 2, 3]))
    found.features.fill(9)
    assert.deepEqual((await pending.get('linear', 'p1', start))?.features, new Uint8Array([1, 2, 3]))
  })
}
