import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PredictionIds } from '../src/learning/prediction-ids.ts'

test('ids are UUIDs of version 7 that begin with the time', () => {
  const ids = new PredictionIds('learner', bytes => void bytes.fill(0xff))
  // RFC 9562 appendix A.6: 2022-02-22T14:22:22-05:00 is 0x017F22E279B0.
  assert.match(ids.make(0x017f22e279b0), /^017f22e2-79b0-7fff-bfff-ffffffff[\da-f]{4}$/)
})

test('ids tell when their prediction was made, to the millisecond', () => {
  const ids = new PredictionIds('learner')
  for (const time of [0, 1, 1_700_000_000_123, 2 ** 48 - 1]) {
    const id = ids.make(time)
    assert.match(id, /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
    assert.equal(ids.timeOf(id), time)
    assert.equal(new PredictionIds('learner').timeOf(id), time)
  }
})

test('ids of one moment differ', () => {
  const ids = new PredictionIds('learner')
  assert.equal(new Set(Array.from({ length: 10_000 }, () => ids.make(5))).size, 10_000)
})

test('ids in the order of their time are in the order of their text', () => {
  const ids = new PredictionIds('learner')
  const made = [5, 2 ** 16, 2 ** 32 - 1, 2 ** 32, 1_700_000_000_000].map(time => ids.make(time))
  assert.deepEqual(made.toSorted(), made)
})

test('ids that were changed, made up, or given by another learner are recognised', () => {
  const ids = new PredictionIds('learner')
  const other = new PredictionIds('another')
  let taken = 0
  for (let round = 0; round < 2000; round++) {
    const id = ids.make(1_700_000_000_000 + round)
    const at = round % 32
    const place = at + [8, 12, 16, 20].filter(digits => at >= digits).length
    const changed = id.slice(0, place) + (id[place] === 'a' ? 'b' : 'a') + id.slice(place + 1)
    for (const one of [changed, other.make(round)]) if (ids.timeOf(one) !== undefined) taken++
  }
  // 16 bits of check: of 4000 one in 65536 gets through, so almost always none, and hardly ever more than one.
  assert.ok(taken <= 3, `${taken} taken`)
  for (const none of ['', 'x', crypto.randomUUID(), '01890a5d-ac96-774b-bcce-b302099a805']) {
    assert.equal(ids.timeOf(none), undefined)
  }
})
