import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { readRequests, requestRecord } from '../../../src/experiments/ledger/request-codec.ts'
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

const seconds = start / 1000
const request: fc.Arbitrary<RequestEntry> = fc
  .tuple(fc.nat({ max: 1000 }), fc.nat({ max: 3 }), fc.nat({ max: 255 }), fc.nat({ max: 2 }), fc.nat({ max: 1000 }))
  .map(([id, other, marks, experiment, time]) => ({
    request: hashOf(id + 1),
    unit: hashOf(id + 1 + other),
    marks: (experiment << 8) | marks,
    value: other / 3,
    time: 1000 * (seconds + time)
  }))

const names = ['a', 'b', 'grün']

function windowOf(requests: readonly RequestEntry[], limit = 1000): RequestWindow {
  const window = new RequestWindow({ ttlMs: day, limit })
  for (const name of names) window.numberOf(name)
  for (const each of requests) window.add(each.request, each.unit, each.marks, each.value, each.time)
  return window
}

function recordOf(window: RequestWindow, count: number): Buffer {
  return requestRecord(window.last(count), each => window.nameOf(each))
}

test('a record of requests says what was served last', () => {
  fc.assert(
    fc.property(
      fc.array(request, { maxLength: 40 }),
      fc.nat({ max: 50 }),
      fc.constantFrom(16, 1000),
      (all, count, limit) => {
        const window = windowOf(all, limit)
        const read: RequestEntry[] = []
        // Experiments have other numbers where it is read.
        readRequests(
          recordOf(window, count),
          id => 10 + names.indexOf(id),
          one => read.push(one)
        )
        assert.deepEqual(
          read.map(one => ({ ...one, marks: one.marks - (10 << 8) })),
          all.slice(all.length - Math.min(count, window.size))
        )
      }
    )
  )
})

test('a damaged record of requests is refused with a code', () => {
  const requests = fc.array(request, { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(requests, fc.nat(), fc.nat({ max: 255 }), (all, at, byte) => {
      const record = recordOf(windowOf(all), 5)
      const place = at % record.length
      record[place] = byte
      for (const bytes of [record, record.subarray(0, place)]) {
        try {
          readRequests(bytes, Number, () => undefined)
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'MILL_JOURNAL_DAMAGED')
        }
      }
    })
  )
  const one = { request: hashOf(1), unit: hashOf(1), marks: 0, value: 0, time: start }
  const whole = recordOf(windowOf([one]), 1)
  assert.throws(() => readRequests(whole.subarray(0, -1), Number, () => undefined), { code: 'MILL_JOURNAL_DAMAGED' })
})
