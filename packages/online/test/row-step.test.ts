import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FeatureNames } from '../src/feature-names.ts'
import { Row } from '../src/row.ts'
import { learnNamed, type RowRegressor } from '../src/row-step.ts'

/** Throws instead of learning. */
function failing(names: FeatureNames): RowRegressor {
  return {
    canPredict: false,
    memoryBytes: 0,
    ownBytes: 0,
    bytesFor: () => 0,
    limitMemory: () => {},
    shrink: () => {},
    names,
    useNames: () => {},
    predictOne: () => 0,
    predictRow: () => 0,
    learnOne: () => {},
    learnRow: () => {
      throw new RangeError('cannot')
    },
    toState: () => new Uint8Array()
  }
}

test('names new to a row that cannot be learned are forgotten', () => {
  const names = new FeatureNames()
  names.add('a')
  assert.throws(() => learnNamed(failing(names), names, new Row(), { b: 1, a: 2 }, 3), RangeError)
  assert.deepEqual(names.list(), ['a'])
})

test('the target is checked before any name is added', () => {
  const names = new FeatureNames()
  assert.throws(() => learnNamed(failing(names), names, new Row(), { b: 1 }, NaN), { code: 'MILL_VALUE_NOT_FINITE' })
  assert.equal(names.size, 0)
})
