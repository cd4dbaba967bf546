import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LastValue } from '../src/last-value.ts'
import { encodeState } from '../src/state.ts'

test('predicts the last target, whatever the features', () => {
  const model = new LastValue()
  assert.equal(model.canPredict, true)
  assert.equal(model.predictOne({ a: 1 }), 0)
  for (const y of [3, -7]) model.learnOne({ a: y }, y)
  assert.equal(model.predictOne({}), -7)
})

test('refuses a state whose value is no number', () => {
  assert.equal(LastValue.fromState(encodeState('LastValue', 1, { last: 5 })).predictOne({}), 5)
  for (const fields of [{ last: NaN }, { last: '5' }, {}]) {
    const bytes = encodeState('LastValue', 1, fields)
    assert.throws(() => LastValue.fromState(bytes), { code: 'MILL_STATE_INVALID' })
  }
})
