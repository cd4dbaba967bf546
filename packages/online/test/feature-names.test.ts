import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FeatureNames, featureNamesFrom } from '../src/feature-names.ts'
import { Row } from '../src/row.ts'

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
  assert.equal(names.name(2), 'c')
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
