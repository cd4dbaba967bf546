import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { FeatureNames, featureNamesFrom } from '../src/feature-names.ts'
import type { Features } from '../src/learner.ts'
import { Row } from '../src/row.ts'

// Integer-like names come first in an object, whatever order they were written in; `toString` is inherited too.
const someNames = ['a', 'b', 'c', '7', '10', '__proto__', 'toString', '']
const entries = fc.uniqueArray(fc.tuple(fc.constantFrom(...someNames), fc.integer()), {
  selector: ([name]) => name,
  maxLength: 5
})

/** Objects of all kinds: with any own names in any order, and a prototype with any enumerable names besides. */
const objects: fc.Arbitrary<Features> = fc
  .record({ own: entries, inherited: entries, hidden: fc.boolean(), kind: fc.constantFrom('plain', 'bare', 'heir') })
  .map(({ own, inherited, hidden, kind }) => {
    const prototypes = { plain: Object.prototype, bare: null, heir: define({}, inherited) }
    const x = define(Object.create(prototypes[kind]), own)
    if (hidden) Object.defineProperty(x, 'a', { value: 'no number', enumerable: false })
    return x as Features
  })

function define(target: object, properties: readonly (readonly [string, number])[]): object {
  for (const [name, value] of properties) {
    Object.defineProperty(target, name, { value, enumerable: true, writable: true, configurable: true })
  }
  return target
}

/** The row as pairs of slot and value. */
function pairs(row: Row): [number, number][] {
  return Array.from(row.layout.slots, (slot, index) => [slot, row.values[index]!])
}

test('numbers names in the order they are first seen', () => {
  const names = new FeatureNames()
  const row = new Row()
  names.intern({ b: 1, a: 2 }, row)
  names.intern({ c: 3, a: 4 }, row)
  assert.deepEqual(names.list(), ['b', 'a', 'c'])
})

test('reads values in the order of slots, whatever order the names come in', () => {
  const names = featureNamesFrom(['a', 'b', 'c'])
  const row = new Row()
  names.read({ c: 3, a: 1, b: 2 }, row)
  assert.deepEqual(pairs(row), [
    [0, 1],
    [1, 2],
    [2, 3]
  ])
  names.read({ c: 5, a: 4 }, row)
  assert.deepEqual(pairs(row), [
    [0, 4],
    [2, 5]
  ])
})

test('an object is read as the own enumerable names it has, whatever was read before', () => {
  fc.assert(
    fc.property(
      fc.array(objects, { minLength: 1, maxLength: 12 }),
      fc.infiniteStream(fc.boolean()),
      (stream, learns) => {
        const names = new FeatureNames()
        const row = new Row()
        const known: string[] = []
        for (const x of stream) {
          const own = Object.keys(x)
          const isNew = (name: string) => !known.includes(name)
          if (learns.next().value === true) {
            names.intern(x, row)
            known.push(...own.filter(isNew))
          } else {
            names.read(x, row)
          }
          const order = [...known, ...own.filter(isNew)]
          const expected = own.map(name => [order.indexOf(name), x[name]!] as const).toSorted(([a], [b]) => a - b)
          assert.deepEqual(pairs(row), expected)
          assert.equal(row.layout.known, own.length - own.filter(isNew).length)
          assert.deepEqual(names.list(), known)
        }
      }
    ),
    { numRuns: 500 }
  )
})

test('an inherited name does not stand in for one that is missing', () => {
  const names = featureNamesFrom(['a', 'b'])
  const row = new Row()
  names.read({ a: 1, b: 2 }, row)
  names.read(Object.assign(Object.create({ b: 5 }) as Features, { a: 3 }), row)
  assert.deepEqual(pairs(row), [[0, 3]])
})

test('names that everything inherits are no features', t => {
  t.after(() => Reflect.deleteProperty(Object.prototype, 'b'))
  const names = featureNamesFrom(['a', 'b'])
  const row = new Row()
  names.read({ a: 1, b: 2 }, row)
  Reflect.set(Object.prototype, 'b', 5)
  names.read({ a: 3 }, row)
  assert.deepEqual(pairs(row), [[0, 3]])
})

test('reading puts unknown names behind the known ones and does not remember them', () => {
  const names = featureNamesFrom(['a', 'b'])
  const row = new Row()
  names.read({ x: 7, b: 2, y: 8 }, row)
  assert.deepEqual(pairs(row), [
    [1, 2],
    [2, 7],
    [3, 8]
  ])
  assert.equal(row.layout.known, 1)
  assert.equal(names.size, 2)
})

test('an unknown name is read anew once it is known', () => {
  const names = featureNamesFrom(['a'])
  const row = new Row()
  names.read({ x: 1, y: 2 }, row)
  names.add('y')
  names.read({ x: 1, y: 2 }, row)
  assert.deepEqual(pairs(row), [
    [1, 2],
    [2, 1]
  ])
  assert.equal(row.layout.known, 1)
})

test('rows do not disturb each other', () => {
  const names = featureNamesFrom(['a', 'b'])
  const [one, other] = [new Row(), new Row()]
  names.read({ a: 1 }, one)
  names.read({ b: 2 }, other)
  names.read({ b: 3 }, other)
  assert.deepEqual(pairs(one), [[0, 1]])
  assert.deepEqual(pairs(other), [[1, 3]])
})

test('truncating forgets the last names, and they may come again elsewhere', () => {
  const names = new FeatureNames()
  const row = new Row()
  names.intern({ a: 1, b: 2, c: 3 }, row)
  names.truncate(1)
  assert.deepEqual(names.list(), ['a'])
  names.intern({ c: 3, b: 2 }, row)
  assert.deepEqual(names.list(), ['a', 'c', 'b'])
  assert.deepEqual(pairs(row), [
    [1, 3],
    [2, 2]
  ])
})

test('a refused value adds no name', () => {
  const names = featureNamesFrom(['a'])
  assert.throws(() => names.intern({ b: 1, a: NaN }, new Row()), { code: 'MILL_VALUE_NOT_FINITE' })
  assert.throws(() => names.intern({ b: -1e101 }, new Row()), { code: 'MILL_VALUE_OUT_OF_RANGE' })
  assert.deepEqual(names.list(), ['a'])
})

test('the error names the feature', () => {
  assert.throws(() => new FeatureNames().read({ speed: NaN }, new Row()), { message: /feature speed/ })
})

test('holds more features than a row has room for at first', () => {
  const names = new FeatureNames()
  const row = new Row()
  const x = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`f${index}`, index]))
  names.intern(x, row)
  assert.deepEqual(
    pairs(row),
    Array.from({ length: 100 }, (_, index) => [index, index])
  )
})

test('the list is a copy', () => {
  const names = featureNamesFrom(['a'])
  names.list().push('b')
  assert.equal(names.size, 1)
})

test('refuses a list with a name twice', () => {
  assert.throws(() => featureNamesFrom(['a', 'b', 'a']), { code: 'MILL_STATE_INVALID' })
})
