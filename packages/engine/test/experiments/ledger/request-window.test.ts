import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { readRequests, RequestWriter } from '../../../src/experiments/ledger/request-codec.ts'
import { type RequestEntry, requestMarks, RequestWindow } from '../../../src/experiments/ledger/request-window.ts'

const day = 86_400_000
const start = 1_800_000_000_000
const number = { isText: false, value: 0.5 }

function hashOf(id: number): { first: number; second: number } {
  return { first: Math.imul(id, 0x9e3779b1) >>> 0 || 1, second: id }
}

test('finds the latest requests, and of two with one id the later one', () => {
  const window = new RequestWindow({ ttlMs: day, limit: 1000 })
  const experiment = window.numberOf('e')
  for (let id = 1; id <= 5000; id++) {
    window.add(hashOf(id), hashOf(id + 7), requestMarks(experiment, id % 3, id % 2 === 0, number), id / 2, start + id)
    assert.ok(window.size <= 1000)
    if (id % 100 === 0) {
      const found = window.find(hashOf(id - 50), start + id)
      assert.equal(found?.arm, (id - 50) % 3)
      assert.deepEqual(found?.unit, hashOf(id - 43))
      assert.deepEqual(found?.prediction, { isText: false, value: (id - 50) / 2 })
      assert.equal(found?.isPassing, true)
      assert.equal(found?.experiment, 'e')
    }
  }
  assert.equal(window.find(hashOf(3900), start), undefined)
  assert.ok(window.find(hashOf(4200), start))
  window.add(hashOf(4200), hashOf(1), requestMarks(experiment, 2, false, undefined), 0, start)
  assert.equal(window.find(hashOf(4200), start)?.prediction, undefined)
  assert.equal(window.find(hashOf(4200), start)?.arm, 2)
})

test('forgets requests after their time', () => {
  const window = new RequestWindow({ ttlMs: 60_000, limit: 1000 })
  window.add(hashOf(1), hashOf(1), requestMarks(window.numberOf('e'), 0, false, undefined), 0, start)
  assert.ok(window.find(hashOf(1), start + 59_000))
  assert.equal(window.find(hashOf(1), start + 61_500), undefined)
})

const entry: fc.Arbitrary<RequestEntry> = fc
  .tuple(fc.nat({ max: 1000 }), fc.nat({ max: 3 }), fc.nat({ max: 255 }), fc.nat({ max: 2 }), fc.nat({ max: 1e6 }))
  .map(([id, other, marks, experiment, time]) => ({
    request: hashOf(id + 1),
    unit: hashOf(id + 1 + other),
    marks: (experiment << 8) | marks,
    value: other / 3,
    time: start + time
  }))

test('a record of requests says what was written', () => {
  const names = ['a', 'b', 'grün']
  const writer = new RequestWriter(index => names[index]!)
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1, maxLength: 20 }), all => {
      const sorted = all.toSorted((one, other) => one.time - other.time)
      for (const one of sorted) writer.add(one)
      const read: RequestEntry[] = []
      // Experiments have other numbers where it is read.
      readRequests(
        writer.take(),
        id => 10 + names.indexOf(id),
        one => read.push(one)
      )
      assert.deepEqual(
        read.map(one => ({ ...one, marks: one.marks - (10 << 8) })),
        sorted
      )
    })
  )
})

test('a damaged record of requests is refused with a code', () => {
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1, maxLength: 5 }), fc.nat(), fc.nat({ max: 255 }), (all, at, byte) => {
      const writer = new RequestWriter(String)
      for (const one of all) writer.add(one)
      const record = writer.take()
      record[at % record.length] = byte
      for (const bytes of [record, record.subarray(0, at % record.length)]) {
        try {
          readRequests(bytes, Number, () => undefined)
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'MILL_JOURNAL_DAMAGED')
        }
      }
    })
  )
})
