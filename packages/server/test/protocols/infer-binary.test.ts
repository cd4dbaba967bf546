import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib'
import { datatypes, type NamedTensor } from '@millrace/runtime'
import { inferenceProtocolRoutes } from '../../src/protocols/v2/inference-protocol-routes.ts'
import { echo, fakeModels } from './fake-models.ts'
import { appOf, call, type Reply } from './protocol-app.ts'

const scores: NamedTensor = {
  name: 'y',
  datatype: 'FP32',
  shape: [2, 3],
  data: new Float32Array([0.25, 0.5, 0.125, 3, NaN, 3])
}

const models = fakeModels([
  ...datatypes.map(datatype => echo(datatype)),
  echo('FP32', {
    name: 'pair',
    inputs: [
      { name: 'a', datatype: 'FP32', shape: [-1] },
      { name: 'b', datatype: 'INT32', shape: [-1] }
    ],
    answer: ({ inputs }) => inputs
  }),
  echo('FP32', { name: 'row', inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2, -1] }] }),
  echo('FP32', { name: 'open', maxBatchRows: 1 }),
  echo('BYTES', { name: 'word', inputs: [{ name: 'x', datatype: 'BYTES', shape: [-1, 1] }] }),
  echo('FP32', { name: 'scores', answer: () => [scores], classNames: ['cat', 'dog', 'eel'] }),
  echo('FP32', {
    name: 'unbatched',
    answer: () => [scores],
    maxBatchRows: 1,
    classLabels: [['y', ['a', 'b', 'c', 'd', 'e', 'f']]]
  })
])
const app = appOf(inferenceProtocolRoutes, { models, inferBodyLimitBytes: 4096 })

/** A body of a JSON header and bytes, with the length of the header. */
function binary(header: object, ...parts: Buffer[]): [body: Buffer, headers: Record<string, string>] {
  const json = Buffer.from(JSON.stringify(header))
  return [Buffer.concat([json, ...parts]), { 'inference-header-content-length': String(json.length) }]
}

/** The JSON part of a binary reply, and the bytes after it. */
function split({ headers, bytes }: Reply): [json: { outputs: Record<string, unknown>[] }, rest: Buffer] {
  const length = Number(headers['inference-header-content-length'])
  assert.ok(length > 0 && length < bytes.length, bytes.toString('latin1'))
  assert.equal(headers['content-type'], 'application/octet-stream')
  return [
    JSON.parse(bytes.subarray(0, length).toString()) as { outputs: Record<string, unknown>[] },
    bytes.subarray(length)
  ]
}

const floats = (...numbers: number[]) => Buffer.from(new Float32Array(numbers).buffer)
const integers = (...numbers: number[]) => Buffer.from(new Int32Array(numbers).buffer)
const infer = (name: string): ['POST', string] => ['POST', `/v2/models/${name}/infer`]

test('binary inputs follow the JSON in their order, and binary outputs too', async () => {
  const [body, headers] = binary(
    {
      // The length of the header counts bytes, not characters.
      id: 'Grüße 🎈',
      inputs: [
        { name: 'a', datatype: 'FP32', shape: [2], parameters: { binary_data_size: 8 } },
        { name: 'b', datatype: 'INT32', shape: [1], parameters: { binary_data_size: 4 } }
      ],
      parameters: { binary_data_output: true }
    },
    floats(1.5, NaN),
    integers(-7)
  )
  const reply = await call(app, infer('pair'), body, headers)
  const [json, rest] = split(reply)
  assert.deepEqual(json, {
    model_name: 'pair',
    model_version: '1',
    id: 'Grüße 🎈',
    outputs: [
      { name: 'a', datatype: 'FP32', shape: [2], parameters: { binary_data_size: 8 } },
      { name: 'b', datatype: 'INT32', shape: [1], parameters: { binary_data_size: 4 } }
    ]
  })
  assert.deepEqual(rest, Buffer.concat([floats(1.5, NaN), integers(-7)]))
})

test('what an output asks for goes before what the request asks for', async () => {
  const inputs = [
    { name: 'a', datatype: 'FP32', shape: [1], data: [1] },
    { name: 'b', datatype: 'INT32', shape: [1], data: [2] }
  ]
  const outputs = [{ name: 'a', parameters: { binary_data: false } }, { name: 'b' }]
  const reply = await call(app, infer('pair'), { inputs, outputs, parameters: { binary_data_output: true } })
  const [json, rest] = split(reply)
  assert.deepEqual(json.outputs, [
    { name: 'a', datatype: 'FP32', shape: [1], data: [1] },
    { name: 'b', datatype: 'INT32', shape: [1], parameters: { binary_data_size: 4 } }
  ])
  assert.deepEqual(rest, integers(2))
})

test('a binary output without elements leaves a reply that is JSON only', async () => {
  const [body, headers] = binary({
    inputs: [{ name: 'x', datatype: 'FP32', shape: [0, 4], parameters: { binary_data_size: 0 } }],
    outputs: [{ name: 'y', parameters: { binary_data: true } }]
  })
  const reply = await call(app, infer('echo_fp32'), body, headers)
  assert.equal(reply.headers['inference-header-content-length'], undefined)
  assert.deepEqual((reply.body['outputs'] as object[])[0], {
    name: 'y',
    datatype: 'FP32',
    shape: [0, 4],
    parameters: { binary_data_size: 0 }
  })
})

test('texts are four bytes of length and UTF-8', async () => {
  // By hand: "é" is c3 a9.
  const bytes = Buffer.from('02000000c3a9000000000100000041', 'hex')
  const [body, headers] = binary(
    {
      inputs: [{ name: 'x', datatype: 'BYTES', shape: [3], parameters: { binary_data_size: bytes.length } }],
      parameters: { binary_data_output: true }
    },
    bytes
  )
  const [, rest] = split(await call(app, infer('echo_bytes'), body, headers))
  assert.deepEqual(models.asked.at(-1)!.inputs[0]!.data, ['é', '', 'A'])
  assert.deepEqual(rest, bytes)
})

const input = (size: unknown) => ({
  inputs: [{ name: 'x', datatype: 'FP32', shape: [2], parameters: { binary_data_size: size } }]
})

describe('lengths that do not add up are refused with 400', () => {
  const cases: [name: string, header: object, bytes: Buffer, error: RegExp][] = [
    ['bytes missing', input(8), floats(1), /unexpected end .* input 'x', expecting 4 additional bytes/],
    ['bytes left over', input(8), floats(1, 2, 3), /unexpected additional input data: 4 bytes/],
    [
      'bytes that no input takes',
      { inputs: [{ name: 'x', datatype: 'FP32', shape: [1], data: [1] }] },
      floats(1),
      /unexpected additional input data/
    ],
    ['a size that is not that of the shape', input(4), floats(1), /byte size mismatch for input 'x'/],
    ['a negative size', input(-8), floats(1, 2), /binary_data_size/],
    ['a size that is text', input('8'), floats(1, 2), /binary_data_size/],
    [
      'data as well',
      { inputs: [{ name: 'x', datatype: 'FP32', shape: [1], data: [1], parameters: { binary_data_size: 4 } }] },
      floats(1),
      /both/
    ]
  ]
  for (const [name, header, bytes, error] of cases) {
    test(name, async () => {
      const [body, headers] = binary(header, bytes)
      const reply = await call(app, infer('echo_fp32'), body, headers)
      assert.equal(reply.status, 400)
      assert.match(String(reply.body['error']), error)
    })
  }
  for (const length of ['-1', 'x', '99999', '1.5', '0x10', '']) {
    test(`a length of the header of ${JSON.stringify(length)}`, async () => {
      const headers = { 'inference-header-content-length': length }
      const reply = await call(app, infer('echo_fp32'), '{"inputs":[]}', headers)
      assert.equal(reply.status, 400)
      assert.match(String(reply.body['error']), /Inference-Header-Content-Length/)
    })
  }
})

describe('a header of length 0 makes the whole body the one input', () => {
  const raw = { 'inference-header-content-length': '0' }

  test('whose open dimension follows from the bytes, for one row', async () => {
    const [json, rest] = split(await call(app, infer('row'), floats(1, 2, 3, 4, 5, 6), raw))
    assert.deepEqual(json.outputs[0]!['shape'], [1, 2, 3])
    assert.deepEqual(rest, floats(1, 2, 3, 4, 5, 6))
  })

  test('which for texts is the text as it is', async () => {
    await call(app, infer('word'), Buffer.from('Grüße'), raw)
    const { shape, data } = models.asked.at(-1)!.inputs[0]!
    assert.deepEqual({ shape, data }, { shape: [1, 1], data: ['Grüße'] })
  })

  for (const [name, body, error] of [
    ['pair', floats(1), /only have 1 input to be deduced but got 2/],
    ['open', floats(1), /at most one dimension/],
    ['row', floats(1, 2, 3), /byte size mismatch/]
  ] as const) {
    test(`unless it cannot be told what the bytes of ${name} are`, async () => {
      const reply = await call(app, infer(name), body, raw)
      assert.equal(reply.status, 400)
      assert.match(String(reply.body['error']), error)
    })
  }

  test('of a model that is there', async () =>
    assert.equal((await call(app, infer('nope'), floats(1), raw)).status, 404))
})

describe('classification', () => {
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1], data: [1] }]
  const ask = (name: string, classification: unknown, more = {}) =>
    call(app, infer(name), { inputs, outputs: [{ name: 'y', parameters: { classification, ...more } }] })

  test('gives the highest of each row as value:index:label, NaN last', async () => {
    const { body } = await ask('scores', 2)
    assert.deepEqual(body['outputs'], [
      { name: 'y', datatype: 'BYTES', shape: [2, 2], data: ['0.5:1:dog', '0.25:0:cat', '3:0:cat', '3:2:eel'] }
    ])
  })

  test('gives no more than there are', async () => {
    const { body } = await ask('scores', 10)
    assert.deepEqual((body['outputs'] as { shape: number[] }[])[0]!.shape, [2, 3])
  })

  test('takes a model without batches as one row, with the labels of its file', async () => {
    const { body } = await ask('unbatched', 1)
    assert.deepEqual(body['outputs'], [{ name: 'y', datatype: 'BYTES', shape: [1], data: ['3:3:d'] }])
  })

  test('may be binary', async () => {
    const [json, rest] = split(await ask('unbatched', 1, { binary_data: true }))
    assert.deepEqual(json.outputs[0]!['parameters'], { binary_data_size: 9 })
    assert.equal(rest.toString('latin1'), '\x05\0\0\x003:3:d')
  })

  for (const classes of [-1, 1.5, '2']) {
    test(`of ${JSON.stringify(classes)} classes is refused`, async () =>
      assert.equal((await ask('scores', classes)).status, 400))
  }

  test('of texts is refused', async () => {
    const texts = [{ name: 'x', datatype: 'BYTES', shape: [1], data: ['a'] }]
    const outputs = [{ name: 'y', parameters: { classification: 1 } }]
    assert.equal((await call(app, infer('echo_bytes'), { inputs: texts, outputs })).status, 400)
  })
})

describe('compression', () => {
  const [plain, headers] = binary(
    { inputs: [{ name: 'x', datatype: 'FP32', shape: [2], parameters: { binary_data_size: 8 } }] },
    floats(1, 2)
  )

  for (const [coding, compress] of [
    ['gzip', gzipSync],
    ['deflate', deflateSync]
  ] as const) {
    test(`a request may be ${coding}, whose header length counts bytes before compression`, async () => {
      const reply = await call(app, infer('echo_fp32'), compress(plain), { ...headers, 'content-encoding': coding })
      assert.deepEqual((reply.body['outputs'] as { data: number[] }[])[0]!.data, [1, 2])
    })
  }

  test('a reply is compressed for who asks for one coding', async () => {
    const asGzip = await call(app, infer('echo_fp32'), plain, { ...headers, 'accept-encoding': 'gzip' })
    assert.equal(asGzip.headers['content-encoding'], 'gzip')
    assert.match(gunzipSync(asGzip.bytes).toString(), /"data":\[1,2\]/)
    const asDeflate = await call(app, infer('echo_fp32'), plain, { ...headers, 'accept-encoding': 'deflate' })
    assert.equal(asDeflate.headers['content-encoding'], 'deflate')
    assert.match(inflateSync(asDeflate.bytes).toString(), /"data":\[1,2\]/)
  })

  test('a compressed binary reply tells the length of its header before compression', async () => {
    const [body, given] = binary({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [1], data: [1] }],
      parameters: { binary_data_output: true }
    })
    delete given['inference-header-content-length']
    const reply = await call(app, infer('echo_fp32'), body, { ...given, 'accept-encoding': 'gzip' })
    const [, rest] = split({ ...reply, bytes: gunzipSync(reply.bytes) })
    assert.deepEqual(rest, floats(1))
  })

  test('a short reply stays as it is for libraries that accept all they know', async () => {
    for (const accepted of ['gzip, deflate, br', '*', 'gzip;q=0', 'br', 'identity']) {
      const reply = await call(app, infer('echo_fp32'), plain, { ...headers, 'accept-encoding': accepted })
      assert.equal(reply.headers['content-encoding'], undefined, accepted)
    }
  })

  test('a long reply is compressed for them', async () => {
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [500], data: Array.from({ length: 500 }, () => 1) }]
    const reply = await call(app, infer('echo_fp32'), { inputs }, { 'accept-encoding': 'deflate, gzip;q=0.5, br' })
    assert.equal(reply.headers['content-encoding'], 'gzip')
  })

  test('a body that grows beyond the limit is refused with 413', async () => {
    const reply = await call(app, infer('echo_fp32'), gzipSync(Buffer.alloc(10_000_000)).subarray(0, 4096), {
      'content-encoding': 'gzip'
    })
    assert.ok([400, 413].includes(reply.status))
    const bomb = await call(app, infer('echo_fp32'), gzipSync(Buffer.alloc(100_000)), { 'content-encoding': 'gzip' })
    assert.equal(bomb.status, 413)
    assert.match(String(bomb.body['error']), /larger than the 4096 bytes/)
  })

  test('a body that is not compressed as it says is refused with 400', async () => {
    const reply = await call(app, infer('echo_fp32'), plain, { ...headers, 'content-encoding': 'gzip' })
    assert.equal(reply.status, 400)
    assert.match(String(reply.body['error']), /not gzip/)
  })

  test('an unknown coding is refused with 415, with those that are known', async () => {
    const reply = await call(app, infer('echo_fp32'), plain, { ...headers, 'content-encoding': 'br' })
    assert.equal(reply.status, 415)
    assert.equal(reply.headers['accept-encoding'], 'gzip, deflate')
  })

  test('identity is none', async () =>
    assert.equal(
      (await call(app, infer('echo_fp32'), plain, { ...headers, 'content-encoding': 'identity' })).status,
      200
    ))
})

test('a body beyond the limit is refused with 413', async () => {
  const reply = await call(app, infer('echo_fp32'), Buffer.alloc(4097))
  assert.equal(reply.status, 413)
  assert.equal(reply.body['code'], 'MILL_BODY_TOO_LARGE')
  assert.equal(typeof reply.body['error'], 'string')
})
