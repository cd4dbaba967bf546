import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Fingerprints } from '../src/learning/fingerprints.ts'

const names = fc.string({ unit: 'binary', maxLength: 6 })
const numbers = fc.double({ noNaN: true, noDefaultInfinity: true })
const rows = fc.uniqueArray(fc.tuple(names, numbers), { selector: ([name]) => name, maxLength: 30 })
const fingerprint = (entries: [string, number][], target: number): number =>
  new Fingerprints().observation(Object.fromEntries(entries), target)

test('the order of the names does not matter, nor what was seen before', () => {
  const used = new Fingerprints()
  fc.assert(
    fc.property(rows, numbers, (entries, target) => {
      const expected = fingerprint(entries, target)
      assert.equal(used.observation(Object.fromEntries(entries.toReversed()), target), expected)
      assert.ok(Number.isSafeInteger(expected) && expected >= 0)
    })
  )
})

test('another name, number or target is another observation', () => {
  fc.assert(
    fc.property(rows, numbers, fc.nat(), names, numbers, (entries, target, at, name, value) => {
      const before = fingerprint(entries, target)
      if (target !== value) assert.notEqual(fingerprint(entries, value), before)
      if (entries.every(([known]) => known !== name)) {
        assert.notEqual(fingerprint([...entries, [name, value]], target), before)
      }
      if (entries.length === 0) return
      const index = at % entries.length
      const [oldName, oldValue] = entries[index]!
      if (oldValue !== value) assert.notEqual(fingerprint(entries.with(index, [oldName, value]), target), before)
      assert.notEqual(fingerprint(entries.toSpliced(index, 1), target), before)
    })
  )
})

test('numbers that change places are another observation', () => {
  const one = new Fingerprints()
  assert.notEqual(one.observation({ a: 1, b: 2 }, 3), one.observation({ a: 2, b: 1 }, 3))
  assert.notEqual(one.observation({ a: 1, b: 2 }, 3), one.observation({ a: 1, b: 3 }, 2))
})

test('a label is the same whatever was looked at before it', () => {
  const used = new Fingerprints()
  used.observation({ a: 1, b: 2, c: 3 }, 4)
  assert.equal(used.label(5), new Fingerprints().label(5))
})

test('0 and -0 are the same number', () => {
  const one = new Fingerprints()
  assert.equal(one.observation({ a: -0 }, 0), one.observation({ a: 0 }, -0))
  assert.equal(one.label(-0), one.label(0))
})

test('labels differ by their number, and from observations without features', () => {
  const one = new Fingerprints()
  assert.notEqual(one.label(1), one.label(2))
  assert.notEqual(one.label(1), one.observation({}, 1))
})

test('of 200,000 similar observations no two have the same fingerprint', () => {
  const one = new Fingerprints()
  const seen = new Set<number>()
  for (let a = 0; a < 200; a++) {
    for (let b = 0; b < 1000; b++) seen.add(one.observation({ in_1: a, in_2: b, in_3: a - b }, a + b))
  }
  assert.equal(seen.size, 200_000)
})
