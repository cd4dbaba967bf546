import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeState } from '@millrace/online'
import * as fc from 'fast-check'
import { IdWindow, type Remembered } from '../src/learning/id-window.ts'
import { encodeState } from '@millrace/online'

const refused: Remembered = {
  fingerprint: 5,
  outcome: { code: 'MILL_FEATURE_LIMIT', message: 'too many', details: { limit: 3 } }
}
const bytesOf = (window: IdWindow): Uint8Array => encodeState('IdWindow', 1, window.toFields())
const restored = (window: IdWindow): IdWindow => IdWindow.fromFields(decodeState(bytesOf(window)))

test('an id answers what was remembered under it', () => {
  const window = new IdWindow(10)
  window.set('observation', 'a', { fingerprint: 1, outcome: 2.5 })
  window.set('observation', 'b', refused)
  assert.deepEqual(window.find('observation', 'a'), { fingerprint: 1, outcome: 2.5 })
  assert.deepEqual(window.find('observation', 'b'), refused)
  assert.equal(window.find('observation', 'c'), undefined)
})

test('an observation and a prediction of the same id are two', () => {
  const window = new IdWindow(10)
  window.set('observation', 'a', { fingerprint: 1, outcome: 2 })
  assert.equal(window.find('prediction', 'a'), undefined)
  window.set('prediction', 'a', { fingerprint: 3, outcome: 4 })
  assert.deepEqual(window.find('observation', 'a'), { fingerprint: 1, outcome: 2 })
})

test('ids of any length and of any characters differ, by a zero or half a surrogate pair too', () => {
  const ids = ['', '\0', '\0\0', 'a', 'a\0', 'é', '\ud800', '\udc00', 'x'.repeat(255), 'x'.repeat(256)]
  const window = new IdWindow(100)
  for (const [index, id] of ids.entries()) window.set('observation', id, { fingerprint: index, outcome: index })
  for (const [index, id] of ids.entries()) assert.equal(window.find('observation', id)?.outcome, index)
})

test('it remembers what a plain list of the latest ids does, restored in between or not', () => {
  const steps = fc.array(
    fc.oneof(
      { weight: 20, arbitrary: fc.record({ id: fc.nat({ max: 60 }).map(String), isRefused: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ limit: fc.integer({ min: 1, max: 40 }) }) }
    ),
    { maxLength: 400 }
  )
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), steps, fc.nat({ max: 400 }), (limit, list, restoredAt) => {
      let window = new IdWindow(limit)
      const continued = new IdWindow(limit)
      let model: [string, Remembered][] = []
      let most = limit
      for (const [number, step] of list.entries()) {
        if (number === restoredAt) window = restored(window)
        if ('limit' in step) {
          most = step.limit
          window.limit = continued.limit = most
        } else {
          const known = model.find(([id]) => id === step.id)?.[1]
          assert.deepEqual(window.find('observation', step.id), known)
          if (known === undefined) {
            const entry = step.isRefused ? refused : { fingerprint: number, outcome: -number }
            for (const one of [window, continued]) one.set('observation', step.id, entry)
            model.push([step.id, entry])
          }
        }
        model = model.slice(-most)
        assert.equal(window.size, model.length)
      }
      for (const [id, entry] of model) assert.deepEqual(window.find('observation', id), entry)
      assert.deepEqual(bytesOf(window), bytesOf(continued))
    })
  )
})

test('100,000 ids of 256 characters take 43 bytes each', () => {
  const window = new IdWindow(100_000)
  for (let id = 0; id < 150_000; id++) {
    window.set('observation', String(id).padStart(256, 'x'), { fingerprint: id, outcome: id })
  }
  assert.equal(window.size, 100_000)
  // By hand: 16 of hash, 8 of fingerprint, 8 of prediction, and 262,144 places of 4 bytes for 100,000 ids.
  assert.equal(window.memoryBytes, 100_000 * 32 + 262_144 * 4)
  assert.equal(window.find('observation', String(49_999).padStart(256, 'x')), undefined)
  assert.equal(window.find('observation', String(50_000).padStart(256, 'x'))?.outcome, 50_000)
})

test('damaged fields are refused', () => {
  const window = new IdWindow(10)
  window.set('observation', 'a', { fingerprint: 1, outcome: 2 })
  window.set('observation', 'b', refused)
  const fields = window.toFields()
  for (const damage of [
    { limit: 1 },
    { hashes: new Int32Array(8) },
    { predictions: Float64Array.of(NaN, NaN) },
    { predictions: Float64Array.of(1) },
    { refusals: Uint32Array.of(0, 2) },
    { refusalTexts: [] }
  ]) {
    const bytes = encodeState('IdWindow', 1, { ...fields, ...damage })
    assert.throws(() => IdWindow.fromFields(decodeState(bytes)), { code: 'MILL_STATE_INVALID' })
  }
})
