import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StandardScaler } from '../src/standard-scaler.ts'
import { encodeState } from '../src/state.ts'

function learned(values: number[], scaler = new StandardScaler()): StandardScaler {
  for (const a of values) scaler.learnOne({ a })
  return scaler
}

test('scales by the mean and the population standard deviation of the values so far', () => {
  // Mean 5, squared deviations 9 + 1 + 1 + 1 + 0 + 0 + 4 + 16 = 32, variance 32 / 8 = 4.
  const scaler = learned([2, 4, 4, 4, 5, 5, 7, 9])
  assert.deepEqual(scaler.transformOne({ a: 8 }), { a: 1.5 })
})

test('a feature without variance becomes 0', () => {
  assert.deepEqual(learned([3]).transformOne({ a: 7 }), { a: 0 })
  assert.deepEqual(learned([3, 3]).transformOne({ a: 7 }), { a: 0 })
})

test('a feature never learned becomes 0, and stays unknown', () => {
  const scaler = learned([1, 2])
  const before = scaler.toState()
  assert.deepEqual(scaler.transformOne({ b: 7 }), { b: 0 })
  assert.deepEqual(scaler.toState(), before)
})

test('only the features present come out, in the order they had', () => {
  const scaler = new StandardScaler()
  scaler.learnOne({ a: 1, b: 2, c: 3 })
  assert.deepEqual(Object.keys(scaler.transformOne({ c: 1, a: 2 })), ['c', 'a'])
})

test('counts each feature by itself, so a late one starts from its own first value', () => {
  const scaler = learned([10, 10, 10, 10])
  scaler.learnOne({ a: 10, late: 1 })
  scaler.learnOne({ late: 5 })
  // Of 1 and 5 the mean is 3 and the standard deviation 2.
  assert.deepEqual(scaler.transformOne({ late: 7 }), { late: 2 })
})

test('without std only centres, and leaves a feature never learned as it is', () => {
  const scaler = learned([2, 4], new StandardScaler({ withStd: false }))
  assert.deepEqual(scaler.transformOne({ a: 10, b: 5 }), { a: 7, b: 5 })
})

test('keeps __proto__ as a feature', () => {
  const scaler = new StandardScaler()
  for (const text of ['{"__proto__":1}', '{"__proto__":3}']) scaler.learnOne(JSON.parse(text) as Record<string, number>)
  const out = scaler.transformOne(JSON.parse('{"__proto__":4}') as Record<string, number>)
  assert.deepEqual(Object.entries(out), [['__proto__', 2]])
})

test('refuses what is not finite or too large, without a trace', () => {
  const scaler = learned([1, 2])
  const before = scaler.toState()
  assert.throws(() => scaler.learnOne({ b: 1, a: NaN }), { code: 'MILL_VALUE_NOT_FINITE' })
  assert.throws(() => scaler.learnOne({ b: 1, a: 1e101 }), { code: 'MILL_VALUE_OUT_OF_RANGE' })
  assert.throws(() => scaler.transformOne({ a: Infinity }), { code: 'MILL_VALUE_NOT_FINITE' })
  assert.deepEqual(scaler.toState(), before)
})

test('a restored scaler is the same bytes and goes on the same', () => {
  const scaler = learned([1, 2, 4.5], new StandardScaler({ withStd: false }))
  const restored = StandardScaler.fromState(scaler.toState())
  assert.deepEqual(restored.toState(), scaler.toState())
  for (const one of [scaler, restored]) one.learnOne({ a: 0.1, b: 3 })
  assert.deepEqual(restored.toState(), scaler.toState())
  assert.deepEqual(restored.transformOne({ a: 1, b: 2 }), scaler.transformOne({ a: 1, b: 2 }))
})

test('refuses a state whose statistics cannot be', () => {
  StandardScaler.fromState(state([2], [1]))
  for (const bytes of [state([-1], [1]), state([2], [-1]), state([2], [NaN]), state([2, 3], [1])]) {
    assert.throws(() => StandardScaler.fromState(bytes), { code: 'MILL_STATE_INVALID' })
  }
})

test('undoes the last row in a pipeline', () => {
  const scaler = learned([1, 5])
  const before = scaler.toState()
  scaler.learnOne({ a: 100 })
  scaler.undoLearnRow()
  assert.deepEqual(scaler.toState(), before)
})

/** A state of one feature with these statistics. */
function state(counts: number[], variances: number[]): Uint8Array {
  return encodeState('StandardScaler', 1, {
    withStd: true,
    names: ['a'],
    counts: Float64Array.from(counts),
    means: Float64Array.of(0),
    variances: Float64Array.from(variances)
  })
}
