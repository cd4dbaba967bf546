import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { openDatabase } from '../src/database.ts'
import { pendingSchema } from '../src/schema.ts'
import { sqlitePending } from '../src/sqlite-pending.ts'
import { embedded } from './embedded.ts'
import { memoryFolder } from './memory-folder.ts'

const start = Date.UTC(2030, 0, 1)
const hour = 3_600_000

function prediction(predictionId: string, { learner = 'knn', madeAt = start } = {}) {
  return { predictionId, learner, features: new Uint8Array(200), prediction: 1, madeAt }
}

/** Pending predictions in a file, opened as often as asked, with what their tables hold. */
function pendingFile(context: TestContext) {
  const path = join(memoryFolder(context), 'pending.db')
  const database = openDatabase(path, { schema: pendingSchema })
  context.after(() => database.close())
  return {
    open(limits: { ttlMs?: number; limit?: number } = {}) {
      const pending = sqlitePending(database, { ttlMs: hour, limit: 1000, ...limits })
      return {
        put: (...args: Parameters<typeof prediction>) => database.write(() => pending.put(prediction(...args))),
        /** Many, as busy callers make them: 200 to a transaction. @param madeAt of each by its number */
        putMany(count: number, first: number, madeAt: (number: number) => number) {
          for (let number = first; number < first + count; number += 200) {
            database.write(() => {
              for (let one = number; one < number + 200; one++) {
                pending.put(prediction(`p${one}`, { madeAt: madeAt(one) }))
              }
            })
          }
        },
        has: (id: string, now: number, learner = 'knn') => pending.get(learner, id, now) !== undefined,
        count: pending.count,
        noneNewerThan: (now: number) => database.write(() => pending.noneNewerThan(now))
      }
    },
    kept: () => Number(database.prepare('SELECT count(*) AS kept FROM predictions').get()?.['kept']),
    /** Bytes of the file with all that is in the log. */
    size() {
      database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()
      return statSync(path).size
    }
  }
}

test('the file stops growing once expired predictions make room', t => {
  const file = pendingFile(t)
  const pending = file.open({ ttlMs: 1000, limit: 1_000_000 })
  const sizes = Array.from({ length: 10 }, (_, round) => {
    pending.putMany(2000, round * 2000, number => start + number)
    return file.size()
  })
  assert.equal(file.kept(), 1000)
  assert.equal(pending.count('knn'), 1000)
  // After the first 2000 the pages of expired predictions are used again; a few more may be needed in between.
  assert.ok(Math.max(...sizes) <= sizes[0]! * 1.1, `sizes ${sizes.join(', ')}`)
})

test('the file stops growing once the limit is reached', t => {
  const file = pendingFile(t)
  const pending = file.open({ limit: 1000 })
  const sizes = Array.from({ length: 10 }, (_, round) => {
    pending.putMany(2000, round * 2000, () => start)
    return file.size()
  })
  assert.equal(file.kept(), 1000)
  assert.ok(Math.max(...sizes) <= sizes[0]! * 1.1, `sizes ${sizes.join(', ')}`)
})

test('expired predictions of a learner that makes no more are removed by others, two with each', t => {
  const file = pendingFile(t)
  const pending = file.open({ ttlMs: 1000 })
  for (let number = 0; number < 10; number++) pending.put(`old${number}`, { learner: 'gone' })
  for (let number = 0; number < 4; number++) pending.put(`new${number}`, { madeAt: start + 1000 })
  assert.equal(pending.count('gone'), 2)
  assert.equal(pending.count('knn'), 4)
  pending.put('new4', { madeAt: start + 1000 })
  assert.equal(pending.count('gone'), 0)
  assert.equal(file.kept(), 5)
})

test('with a lower limit than before, the oldest give way step by step', t => {
  const file = pendingFile(t)
  const before = file.open({ limit: 10 })
  for (let number = 0; number < 10; number++) before.put(`p${number}`)
  const after = file.open({ limit: 5 })
  const counts = [10, 11, 12, 13, 14, 15, 16].map(number => {
    after.put(`p${number}`)
    return after.count('knn')
  })
  assert.deepEqual(counts, [9, 8, 7, 6, 5, 5, 5])
  const left = Array.from({ length: 17 }, (_, number) => number).filter(number => after.has(`p${number}`, start))
  assert.deepEqual(left, [12, 13, 14, 15, 16])
})

test('a clock that is set back lets nothing expire early', t => {
  const pending = pendingFile(t).open({ ttlMs: hour })
  pending.put('before', { madeAt: start })
  pending.put('after', { madeAt: start - 10 * hour })
  assert.ok(pending.has('before', start - 10 * hour))
  assert.ok(pending.has('after', start - 9 * hour - 1))
  assert.ok(!pending.has('after', start - 9 * hour))
  for (let number = 0; number < 10; number++) pending.put(`later${number}`, { madeAt: start - 10 * hour + number })
  assert.ok(pending.has('before', start + hour - 1))
  assert.ok(pending.has('after', start - 9 * hour - 1))
})

test('after a restart with a clock that was set back, nothing is kept for longer than its time', t => {
  const file = pendingFile(t)
  file.open({ ttlMs: hour }).put('future', { madeAt: start })
  file.open({ ttlMs: hour }).put('past', { madeAt: start - 10.5 * hour })
  const restarted = file.open({ ttlMs: hour })
  restarted.noneNewerThan(start - 10 * hour)
  assert.ok(restarted.has('future', start - 9 * hour - 1))
  assert.ok(!restarted.has('future', start - 9 * hour))
  assert.ok(restarted.has('past', start - 9.5 * hour - 1))
  assert.ok(!restarted.has('past', start - 9.5 * hour))
  restarted.put('new', { madeAt: start - 9 * hour })
  assert.equal(file.kept(), 1)
})

test('the store looks at its clock when it is opened', async t => {
  const folder = memoryFolder(t)
  const limits = { pendingTtlMs: hour, pendingLimit: 10 }
  const before = await embedded(t, { folder, ...limits, now: () => start })
  await before.pending.put(prediction('p', { madeAt: start }))
  await before.close()
  const setBack = start - 10 * hour
  const { pending } = await embedded(t, { folder, ...limits, now: () => setBack })
  assert.equal((await pending.get('knn', 'p', setBack))?.madeAt, start)
  assert.equal(await pending.get('knn', 'p', setBack + hour), undefined)
})
