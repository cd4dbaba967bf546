import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeState, encodeState } from '../src/state.ts'

test('a field is only given out as what it is', () => {
  const state = decodeState(
    encodeState('Thing', 1, {
      flag: true,
      half: 0.5,
      wild: Infinity,
      text: 'x',
      list: [1],
      inner: { deep: 'y' },
      raw: Uint8Array.of(1),
      doubles: Float64Array.of(1, NaN),
      signed: Int32Array.of(-1),
      unsigned: Uint32Array.of(1)
    })
  )
  assert.equal(state.boolean('flag'), true)
  assert.equal(state.map('inner').string('deep'), 'y')
  const refused = [
    () => state.boolean('half'),
    () => state.number('text'),
    () => state.count('half'),
    () => state.count('version', 0),
    () => state.finite('wild'),
    () => state.finites('doubles'),
    () => state.string('flag'),
    () => state.strings('list'),
    () => state.list('inner'),
    () => state.map('list'),
    () => state.map('doubles'),
    () => state.bytes('doubles'),
    () => state.float64s('signed'),
    () => state.float64s('doubles', 3),
    () => state.int32s('unsigned'),
    () => state.uint32s('signed'),
    () => state.number('constructor'),
    () => state.number('missing')
  ]
  for (const read of refused) assert.throws(read, { code: 'MILL_STATE_INVALID' })
})
