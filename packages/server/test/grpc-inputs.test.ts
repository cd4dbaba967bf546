import assert from 'node:assert/strict'
import { test } from 'node:test'
import { status } from '@grpc/grpc-js'
import { echoModels, openGrpc, question } from './grpc-server.ts'

const most64 = '9223372036854775807'
const typed = [
  ['BOOL', { bool_contents: [true, false] }, Uint8Array.of(1, 0)],
  ['INT8', { int_contents: [-128, 127] }, Int8Array.of(-128, 127)],
  ['INT16', { int_contents: [-32_768, 1] }, Int16Array.of(-32_768, 1)],
  ['INT32', { int_contents: [-1, 2 ** 31 - 1] }, Int32Array.of(-1, 2 ** 31 - 1)],
  ['INT64', { int64_contents: [most64, '-9007199254740993'] }, BigInt64Array.of(2n ** 63n - 1n, -(2n ** 53n) - 1n)],
  ['UINT8', { uint_contents: [255, 0] }, Uint8Array.of(255, 0)],
  ['UINT16', { uint_contents: [65_535, 0] }, Uint16Array.of(65_535, 0)],
  ['UINT32', { uint_contents: [2 ** 32 - 1, 0] }, Uint32Array.of(2 ** 32 - 1, 0)],
  ['UINT64', { uint64_contents: ['18446744073709551615', '0'] }, BigUint64Array.of(2n ** 64n - 1n, 0n)],
  ['FP32', { fp32_contents: [0.1, Number.NaN] }, Float32Array.of(0.1, Number.NaN)],
  ['FP64', { fp64_contents: [0.1, -Infinity] }, Float64Array.of(0.1, -Infinity)],
  ['BYTES', { bytes_contents: [Buffer.from('é'), Buffer.alloc(0)] }, ['é', '']]
] as const

test('takes the elements of every type from the field for it', async t => {
  const models = echoModels()
  const { call } = await openGrpc(t, { models })
  for (const [datatype, contents, data] of typed) {
    await call('ModelInfer', question([{ name: 'x', datatype, shape: ['2', '1'], contents: contents as never }]))
    assert.deepEqual(models.asked.at(-1)?.inputs, [{ name: 'x', datatype, shape: [2, 1], data }])
  }
})

test('takes an empty tensor with and without contents', async t => {
  const models = echoModels()
  const { call } = await openGrpc(t, { models })
  const empty = { name: 'x', datatype: 'FP32', shape: ['0', '2'] }
  await call('ModelInfer', question([empty]))
  await call('ModelInfer', question([empty], { raw_input_contents: [Buffer.alloc(0)] }))
  for (const { inputs } of models.asked) assert.deepEqual(inputs[0]?.data, new Float32Array())
  assert.equal(models.asked.length, 2)
})

const refused = [
  ['a type of bits without a field', { datatype: 'FP16', shape: ['1'] }, /FP16, whose elements can only be in raw/],
  ['an unknown type', { datatype: 'FP8', shape: ['1'] }, /has the datatype "FP8"; it must be one of BOOL, /],
  ['a number beyond its type', { datatype: 'UINT8', contents: { uint_contents: [256] } }, /256 at element 0.*UINT8/],
  ['a number below its type', { datatype: 'INT8', contents: { int_contents: [-129] } }, /-129 at element 0.*INT8/],
  ['too few elements', { shape: ['2'], contents: { fp32_contents: [1] } }, /shape \[2\] and so 2 elements, got 1$/],
  ['no elements at all', { shape: ['2'] }, /2 elements, got 0$/],
  ['a negative size', { shape: ['-1'], contents: { fp32_contents: [1] } }, /shape \[-1\]; each size must be/],
  ['a field of another type', { contents: { fp64_contents: [1] } }, /takes fp32_contents, got fp64_contents$/],
  [
    'bytes that are no text',
    { datatype: 'BYTES', contents: { bytes_contents: [Buffer.of(255)] } },
    /UTF-8 at element 0/
  ]
] as const

for (const [what, input, message] of refused) {
  test(`refuses ${what}`, async t => {
    const { call } = await openGrpc(t)
    const one = { name: 'x', datatype: 'FP32', shape: ['1'], ...input } as object
    await assert.rejects(call('ModelInfer', question([one])), { code: status.INVALID_ARGUMENT, details: message })
  })
}

test('refuses raw elements together with others, and raw elements that do not fit the inputs', async t => {
  const { call } = await openGrpc(t)
  const input = { name: 'x', datatype: 'FP32', shape: ['1'] }
  const four = Buffer.alloc(4)
  const refusals = [
    [question([{ ...input, contents: { fp32_contents: [1] } as never }], { raw_input_contents: [four] }), /'x'$/],
    [question([input], { raw_input_contents: [four, four] }), /one entry for each of the 1 inputs, got 2$/],
    [question([input], { raw_input_contents: [Buffer.alloc(5)] }), /FP32 of shape \[1\] takes 4 bytes, got 5$/]
  ] as const
  for (const [request, details] of refusals) {
    await assert.rejects(call('ModelInfer', request), { code: status.INVALID_ARGUMENT, details })
  }
})

test('refuses a time that is no number from 0 on', async t => {
  const { call } = await openGrpc(t)
  for (const parameter of [{ string_param: '1' }, { int64_param: '-1' }, { bool_param: true }]) {
    await assert.rejects(call('ModelInfer', question([], { parameters: { timeout: parameter } })), {
      code: status.INVALID_ARGUMENT,
      details: "the parameter 'timeout' must be a number from 0 on"
    })
  }
})
