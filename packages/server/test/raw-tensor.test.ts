import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Datatype, elementBytes, type TensorData } from '@millrace/runtime'
import * as fc from 'fast-check'
import { decodeRawTensor, encodeRawTensor, type RawInput } from '../src/protocols/raw-tensor.ts'

const input = (datatype: string, shape: number[]): RawInput => ({ name: 'x', datatype, shape })
const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex')

// What numpy writes with tobytes() on a little-endian machine, and Triton's serialize_byte_tensor for texts.
const examples: { datatype: Datatype; hex: string; data: TensorData }[] = [
  { datatype: 'BOOL', hex: '01 00', data: Uint8Array.of(1, 0) },
  { datatype: 'UINT8', hex: 'ff 01', data: Uint8Array.of(255, 1) },
  { datatype: 'UINT16', hex: 'ffff 0100', data: Uint16Array.of(65_535, 1) },
  { datatype: 'UINT32', hex: 'ffffffff 01000000', data: Uint32Array.of(4_294_967_295, 1) },
  { datatype: 'UINT64', hex: 'ffffffffffffffff 0100000000000000', data: BigUint64Array.of(2n ** 64n - 1n, 1n) },
  { datatype: 'INT8', hex: 'ff 01', data: Int8Array.of(-1, 1) },
  { datatype: 'INT16', hex: 'feff 0100', data: Int16Array.of(-2, 1) },
  { datatype: 'INT32', hex: 'feffffff 01000000', data: Int32Array.of(-2, 1) },
  { datatype: 'INT64', hex: '0000000000000080 0100000000000000', data: BigInt64Array.of(-(2n ** 63n), 1n) },
  { datatype: 'FP16', hex: '003c 00c0', data: Uint16Array.of(0x3c_00, 0xc0_00) },
  { datatype: 'FP32', hex: '0000803f 000000c0', data: Float32Array.of(1, -2) },
  { datatype: 'FP64', hex: '000000000000f03f 00000000000000c0', data: Float64Array.of(1, -2) },
  { datatype: 'BYTES', hex: '02000000 c3a9 00000000', data: ['é', ''] }
]

for (const { datatype, hex, data } of examples) {
  test(`reads and writes the bytes of ${datatype}`, () => {
    assert.deepEqual(decodeRawTensor(input(datatype, [2, 1]), bytesOf(hex)), {
      name: 'x',
      datatype,
      shape: [2, 1],
      data
    })
    assert.equal(encodeRawTensor({ datatype, data }).toString('hex'), hex.replaceAll(' ', ''))
  })

  test(`refuses bytes of ${datatype} that are too few or too many`, () => {
    const bytes = bytesOf(hex)
    for (const wrong of [bytes.subarray(1), Buffer.concat([bytes, bytes]), Buffer.alloc(0)]) {
      assert.throws(() => decodeRawTensor(input(datatype, [2]), wrong), {
        code: 'MILL_INPUT_INVALID',
        message: /^input byte size mismatch for input 'x'/
      })
    }
  })
}

test('reads numbers wherever their bytes are, and shares no memory with them', () => {
  const bytes = bytesOf('00 0000803f 000000c0').subarray(1)
  const { data } = decodeRawTensor(input('FP32', [2]), bytes)
  bytes.fill(0)
  assert.deepEqual(data, Float32Array.of(1, -2))
})

test('writes only the elements that a view shows', () => {
  const data = Float32Array.of(9, 1, 9).subarray(1, 2)
  assert.equal(encodeRawTensor({ datatype: 'FP32', data }).toString('hex'), '0000803f')
})

test('takes a single element without a dimension, and none where a dimension is empty', () => {
  assert.deepEqual(decodeRawTensor(input('FP32', []), bytesOf('0000803f')).data, Float32Array.of(1))
  assert.deepEqual(decodeRawTensor(input('FP32', [3, 0]), Buffer.alloc(0)).data, new Float32Array())
  assert.deepEqual(decodeRawTensor(input('BYTES', [0]), Buffer.alloc(0)).data, [])
})

test('keeps a byte order mark and a zero character within a text', () => {
  const data = ['\uFEFFa\0b']
  assert.deepEqual(decodeRawTensor(input('BYTES', [1]), encodeRawTensor({ datatype: 'BYTES', data })).data, data)
})

test('refuses texts that are not UTF-8', () => {
  assert.throws(() => decodeRawTensor(input('BYTES', [1]), bytesOf('01000000 ff')), {
    code: 'MILL_INPUT_INVALID',
    message: "input 'x' is not UTF-8 at element 0"
  })
})

test('refuses more texts than the bytes can hold without making room for them', () => {
  assert.throws(() => decodeRawTensor(input('BYTES', [2 ** 40]), Buffer.alloc(64)), { code: 'MILL_INPUT_INVALID' })
})

test('refuses a BOOL that is neither 0 nor 1', () => {
  assert.throws(() => decodeRawTensor(input('BOOL', [2]), bytesOf('01 02')), {
    message: "input 'x' has the byte 2 at element 1; BOOL is 0 or 1"
  })
})

test('refuses a type that no model takes and sizes that are not whole', () => {
  assert.throws(() => decodeRawTensor(input('BF16', [1]), Buffer.alloc(2)), {
    code: 'MILL_INPUT_INVALID',
    message: /^input 'x' has the datatype "BF16"; it must be one of BOOL, /
  })
  for (const size of [-1, 1.5, Number.NaN]) {
    assert.throws(() => decodeRawTensor(input('FP32', [size]), Buffer.alloc(4)), {
      message: `input 'x' has the shape [${size}]; each size must be a whole number from 0 on`
    })
  }
})

test('any texts and any numbers come back as they went', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), data => {
      const bytes = encodeRawTensor({ datatype: 'BYTES', data })
      assert.deepEqual(decodeRawTensor(input('BYTES', [data.length]), bytes).data, data)
    })
  )
  fc.assert(
    fc.property(fc.bigInt64Array(), data => {
      const bytes = encodeRawTensor({ datatype: 'INT64', data })
      assert.equal(bytes.byteLength, data.length * elementBytes.INT64!)
      assert.deepEqual(decodeRawTensor(input('INT64', [data.length]), bytes).data, data)
    })
  )
})
