import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { type NumberArray, readNumbers, swapBytes, writeNumbers } from '../src/little-endian.ts'

const arrays: fc.Arbitrary<NumberArray> = fc.oneof(fc.float64Array(), fc.int32Array(), fc.uint32Array())

test('writes the lowest byte first', () => {
  const bytes = new Uint8Array(15).fill(9)
  writeNumbers(Int32Array.of(-2), bytes, 1)
  writeNumbers(Float64Array.of(-0.5), bytes, 6)
  assert.deepEqual([...bytes], [9, 0xfe, 0xff, 0xff, 0xff, 9, 0, 0, 0, 0, 0, 0, 0xe0, 0xbf, 9])
})

test('writes as a DataView does, one number after the other', () => {
  fc.assert(
    fc.property(arrays, fc.nat(9), (array, start) => {
      const bytes = new Uint8Array(start + array.byteLength)
      writeNumbers(array, bytes, start)
      const view = new DataView(bytes.buffer, start)
      const read = Array.from(array, (_, index) => {
        if (array instanceof Float64Array) return view.getFloat64(8 * index, true)
        return array instanceof Int32Array ? view.getInt32(4 * index, true) : view.getUint32(4 * index, true)
      })
      assert.deepEqual(read, [...array])
    })
  )
})

test('reads what was written, wherever it stands', () => {
  fc.assert(
    fc.property(arrays, fc.nat(9), (array, start) => {
      const bytes = new Uint8Array(start + array.byteLength + 3)
      writeNumbers(array, bytes, start)
      const read = array.slice().fill(0)
      readNumbers(read, bytes, start)
      assert.deepEqual(read, array)
    })
  )
})

test('takes only the part of a buffer that the array shows', () => {
  const bytes = new Uint8Array(8)
  writeNumbers(Int32Array.of(1, 2, 3, 4).subarray(1, 3), bytes, 0)
  assert.deepEqual([...bytes], [2, 0, 0, 0, 3, 0, 0, 0])
})

test('every NaN is written alike', () => {
  const odd = new Float64Array(3)
  const patterns = new DataView(odd.buffer)
  patterns.setBigUint64(0, 0xfff8000000000123n, true)
  patterns.setBigUint64(8, 0x7ff0000000000001n, true)
  const bytes = new Uint8Array(24)
  writeNumbers(odd, bytes, 0)
  const nan = [0, 0, 0, 0, 0, 0, 0xf8, 0x7f]
  assert.deepEqual([...bytes], [...nan, ...nan, 0, 0, 0, 0, 0, 0, 0, 0])
})

test('swapping turns round the bytes of each number', () => {
  const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
  swapBytes(bytes, 4)
  assert.deepEqual([...bytes], [4, 3, 2, 1, 8, 7, 6, 5])
  swapBytes(bytes, 8)
  assert.deepEqual([...bytes], [5, 6, 7, 8, 1, 2, 3, 4])
})
