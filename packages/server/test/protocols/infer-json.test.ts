import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MillraceError } from '@millrace/common'
import { type Datatype, datatypes } from '@millrace/runtime'
import * as fc from 'fast-check'
import { inferenceProtocolRoutes } from '../../src/protocols/v2/inference-protocol-routes.ts'
import { echo, fakeModels } from './fake-models.ts'
import { appOf, call, type Reply } from './protocol-app.ts'

const models = fakeModels([
  ...datatypes.map(datatype => echo(datatype)),
  echo('FP32', {
    name: 'two',
    outputs: [
      { name: 'label', datatype: 'INT64', shape: [-1] },
      { name: 'score', datatype: 'FP32', shape: [-1, -1] }
    ],
    answer: ({ inputs }) => [
      { name: 'label', datatype: 'INT64', shape: [1], data: new BigInt64Array([2n]) },
      { ...inputs[0]!, name: 'score' }
    ]
  })
])
const app = appOf(inferenceProtocolRoutes, { models, inferBodyLimitBytes: 1 << 20 })

/** Ask the model that gives back what it gets; `data` is JSON text. */
function ask(datatype: Datatype, shape: string, data: string, more = ''): Promise<Reply> {
  const body = `{"id":"7","inputs":[{"name":"x","datatype":"${datatype}","shape":${shape},"data":${data}${more}}]}`
  return call(app, ['POST', `/v2/models/echo_${datatype.toLowerCase()}/infer`], body)
}

/** The text of the elements in the reply. */
function dataOf({ status, bytes }: Reply): string {
  const text = bytes.toString()
  assert.equal(status, 200, text)
  return /"data":(\[[^]*\])\}\]\}$/.exec(text)?.[1] ?? assert.fail(text)
}

test('a reply names model, version and id, and has its elements in one flat list', async () => {
  const reply = await ask('FP32', '[2,2]', '[[1.5,2],[3,-4]]')
  assert.equal(reply.headers['content-type'], 'application/json')
  assert.deepEqual(reply.body, {
    model_name: 'echo_fp32',
    model_version: '1',
    id: '7',
    outputs: [{ name: 'y', datatype: 'FP32', shape: [2, 2], data: [1.5, 2, 3, -4] }]
  })
})

test('a request without an id gets the id of the HTTP request', async () => {
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1], data: [1] }]
  const reply = await call(app, ['POST', '/v2/models/echo_fp32/infer'], { inputs }, { 'x-request-id': 'abc' })
  assert.equal(reply.body['id'], 'abc')
})

test('an answer that was made for an earlier request says so', async () => {
  models.isCached = true
  const reply = await ask('FP32', '[1]', '[1]')
  models.isCached = false
  assert.deepEqual(reply.body['parameters'], { cached: true })
})

test('unknown fields, a query and any content type are passed over', async () => {
  const body =
    '{"model_name":"other","future":{"a":[1]},"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":[1]}]}'
  for (const type of ['application/json', 'application/octet-stream', 'text/plain']) {
    const url = '/v2/models/echo_fp32/infer?test_1=1&test_2=2'
    assert.equal((await call(app, ['POST', url], body, { 'content-type': type })).status, 200, type)
  }
})

describe('elements of each type come back as they were sent', () => {
  const cases: [Datatype, shape: string, data: string, back?: string][] = [
    ['BOOL', '[4]', '[true,false,1,0]', '[true,false,true,false]'],
    ['UINT8', '[2]', '[0,255]'],
    ['UINT16', '[2]', '[0,65535]'],
    ['UINT32', '[2]', '[0,4294967295]'],
    ['UINT64', '[3]', '[0,9007199254740993,18446744073709551615]'],
    ['INT8', '[2]', '[-128,127]'],
    ['INT16', '[2]', '[-32768,32767]'],
    ['INT32', '[2]', '[-2147483648,2147483647]'],
    ['INT64', '[4]', '[-9223372036854775808,9223372036854775807,9007199254740993,-1]'],
    ['INT64', '[2]', '["-9223372036854775808","42"]', '[-9223372036854775808,42]'],
    ['FP16', '[4]', '[1.5,-65504,0.0999755859375,5.960464477539063e-8]'],
    ['FP16', '[1]', '[0.1]', '[0.0999755859375]'],
    ['FP32', '[3]', '[0.5,-3.4028234663852886e+38,1.401298464324817e-45]'],
    ['FP32', '[3]', '[NaN,Infinity,-Infinity]'],
    ['FP64', '[3]', '[0.1,1.7976931348623157e+308,5e-324]'],
    ['FP64', '[3]', '["NaN","Infinity","-Infinity"]', '[NaN,Infinity,-Infinity]'],
    ['FP64', '[2]', '[12345678901234567890,NaN]', '[12345678901234567000,NaN]'],
    ['BYTES', '[3]', '["","Grüße 日本 🎈","NaN 12345678901234567890 \\"Infinity\\""]'],
    ['FP32', '[0,3]', '[]'],
    ['FP32', '[2,0]', '[[],[]]', '[]'],
    ['FP32', '[]', '[2.5]'],
    ['INT32', '[1,2,2]', '[[[1,2],[3,4]]]', '[1,2,3,4]'],
    ['INT32', '[1,2,2]', '[[1,2,3,4]]', '[1,2,3,4]']
  ]
  for (const [datatype, shape, data, back = data] of cases) {
    test(`${datatype} ${shape} ${data}`, async () => assert.equal(dataOf(await ask(datatype, shape, data)), back))
  }
})

test('integers of 64 bits are never rounded', async () => {
  const integer = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  await fc.assert(
    fc.asyncProperty(fc.array(integer, { maxLength: 20 }), async integers => {
      const data = `[${integers.join()}]`
      assert.equal(dataOf(await ask('INT64', `[${integers.length}]`, data)), data)
    }),
    { numRuns: 200 }
  )
})

test('doubles come back bit for bit', async () => {
  const numbers = fc.array(fc.double({ noDefaultInfinity: false }).filter(number => !Object.is(number, -0)))
  await fc.assert(
    fc.asyncProperty(numbers, async given => {
      const data = `[${given.join()}]`
      assert.equal(dataOf(await ask('FP64', `[${given.length}]`, data)), data)
    }),
    { numRuns: 200 }
  )
})

test('any text comes back, beside numbers that JSON has not', async () => {
  const texts = fc.array(fc.string({ unit: 'grapheme' }).filter(text => !text.startsWith('\0')))
  await fc.assert(
    fc.asyncProperty(texts, async given => {
      const inputs = `{"name":"x","datatype":"BYTES","shape":[${given.length}],"data":${JSON.stringify(given)}}`
      const reply = await call(app, ['POST', '/v2/models/echo_bytes/infer'], `{"n":[NaN],"inputs":[${inputs}]}`)
      assert.equal(dataOf(reply), JSON.stringify(given))
    }),
    { numRuns: 200 }
  )
})

test('texts may come in base64', async () => {
  assert.equal(
    dataOf(await ask('BYTES', '[2]', '["R3LDvMOfZQ==",""]', ',"parameters":{"content_type":"base64"}')),
    '["Grüße",""]'
  )
  const bad = await ask('BYTES', '[1]', '["/w=="]', ',"parameters":{"content_type":"base64"}')
  assert.equal(bad.status, 400, 'the byte 0xff is not UTF-8')
})

describe('what does not fit is refused with 400 and the reason', () => {
  const cases: [Datatype, shape: string, data: string, error: RegExp][] = [
    ['UINT8', '[1]', '[300]', /300 at element 0: it is not a number that UINT8 can hold/],
    ['UINT8', '[1]', '[-1]', /-1 at element 0/],
    ['INT8', '[2]', '[1,128]', /128 at element 1/],
    ['INT32', '[1]', '[1.5]', /1\.5 at element 0/],
    ['INT32', '[1]', '[2147483648]', /2147483648/],
    ['INT32', '[1]', '["1"]', /"1" at element 0/],
    ['INT32', '[1]', '[true]', /true at element 0/],
    ['INT32', '[1]', '[null]', /null at element 0/],
    ['INT32', '[1]', '[NaN]', /NaN at element 0/],
    ['INT32', '[1]', '[12345678901234567890]', /12345678901234567000 at element 0/],
    ['INT64', '[1]', '[9223372036854775808]', /9223372036854775808 at element 0: .* INT64/],
    ['INT64', '[1]', '[1e20]', /all their digits/],
    ['INT64', '[1]', '["1.0"]', /"1\.0"/],
    ['INT64', '[1]', '[0.5]', /0\.5/],
    ['UINT64', '[1]', '[-1]', /-1 at element 0/],
    ['FP16', '[1]', '[65520]', /65520/],
    ['FP32', '[1]', '[1e39]', /1e\+39 at element 0: it is not a number that FP32 can hold/],
    ['FP32', '[1]', '["1.5"]', /"1\.5"/],
    ['FP64', '[1]', '[1e400]', /Infinity at element 0/],
    ['BOOL', '[1]', '[2]', /2 at element 0/],
    ['BOOL', '[1]', '["true"]', /"true"/],
    ['FP32', '[1]', '["\\u0000"]', /at element 0: it is not a number/],
    ['FP64', '[1]', '["\\u00000x10"]', /0x10 at element 0: it is not a number/],
    ['BYTES', '[1]', '["\\u0000a"]', /at element 0: it must be a text without the character NUL/],
    ['BYTES', '[1]', '[5]', /5 at element 0: it must be a text/],
    ['BYTES', '[1]', '[NaN]', /NaN at element 0: it must be a text/],
    ['FP32', '[2,2]', '[1,2,3]', /has 3 elements, but its shape \[2,2\] has 4/],
    ['FP32', '[2,2]', '[[1,2],[3]]', /has 3 elements/],
    ['FP32', '[2,2]', '[[1,2,3],[4]]', /in another way than its shape \[2,2\]/],
    ['FP32', '[2,2]', '[[1],[2],[3],[4]]', /in another way/],
    ['FP32', '[2,2]', '[[1,2],3,4]', /elements|another way/],
    ['FP32', '[1]', '[[1]]', /deeper than its shape \[1\]/],
    ['FP32', '[1]', '5', /must have its elements in a list 'data', got 5/],
    ['FP32', '[1]', '{"0":1}', /got an object/],
    ['FP32', '[-1]', '[1]', /\[-1\]; each size must be a whole number/],
    ['FP32', '[1.5]', '[1]', /whole number/],
    ['FP32', '["1"]', '[1]', /whole number/],
    ['FP32', '[1000000000000]', '[1]', /has 1 elements/]
  ]
  for (const [datatype, shape, data, error] of cases) {
    test(`${datatype} ${shape} ${data}`, async () => {
      const reply = await ask(datatype, shape, data)
      assert.equal(reply.status, 400)
      assert.match(String(reply.body['error']), error)
      assert.equal(reply.body['code'], 'MILL_INPUT_INVALID')
      assert.equal(reply.headers['content-type'], 'application/json', 'as the client of KServe compares it')
    })
  }
})

describe('a body that is no request is refused with 400', () => {
  const deep = `${'['.repeat(100_000)}1${']'.repeat(100_000)}`
  const cases: [name: string, body: string | Buffer, error: RegExp][] = [
    ['empty', '', /JSON/],
    ['broken', '{"inputs":[', /failed to parse the request JSON buffer/],
    ['broken beside NaN', '{"inputs":[NaN', /failed to parse the request JSON buffer/],
    ['not UTF-8', Buffer.from('{"id":"\xff"}', 'latin1'), /UTF-8/],
    ['a list', '[]', /must be a JSON object/],
    ['without inputs', '{}', /'inputs'/],
    ['inputs no list', '{"inputs":{}}', /'inputs' of the request must be a list/],
    ['an input no object', '{"inputs":[1]}', /each input must be an object/],
    ['an input without a name', '{"inputs":[{"shape":[1],"datatype":"FP32","data":[1]}]}', /'name'/],
    ['an input without a shape', '{"inputs":[{"name":"x","datatype":"FP32","data":[1]}]}', /'shape'/],
    ['an input without a type', '{"inputs":[{"name":"x","shape":[1],"data":[1]}]}', /'datatype'/],
    ['an unknown type', '{"inputs":[{"name":"x","shape":[1],"datatype":"FLOAT","data":[1]}]}', /"FLOAT"/],
    ['an input without data', '{"inputs":[{"name":"x","shape":[1],"datatype":"FP32"}]}', /got nothing/],
    ['an id that is an object', '{"id":{},"inputs":[]}', /'id'/],
    ['parameters that are text', '{"parameters":"","inputs":[]}', /'parameters' of the request must be an object/],
    ['outputs that are no list', '{"inputs":[],"outputs":{}}', /'outputs'/],
    ['nested very deep', `{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":${deep}}]}`, /deeper|elements/],
    ['very deep beside NaN', `{"a":NaN,"inputs":${deep}}`, /must be an object/]
  ]
  for (const [name, body, error] of cases) {
    test(name, async () => {
      const reply = await call(app, ['POST', '/v2/models/echo_fp32/infer'], body, {
        'content-type': 'application/json'
      })
      assert.equal(reply.status, 400)
      assert.match(String(reply.body['error']), error)
    })
  }
})

test('outputs come in the order asked for, and an empty list asks for all', async () => {
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [1] }]
  const names = async (outputs?: object[]): Promise<string[]> => {
    const { body } = await call(app, ['POST', '/v2/models/two/infer'], { inputs, outputs })
    return (body['outputs'] as { name: string }[]).map(({ name }) => name)
  }
  assert.deepEqual(await names(), ['label', 'score'])
  assert.deepEqual(await names([]), ['label', 'score'])
  assert.deepEqual(await names([{ name: 'score' }, { name: 'label' }]), ['score', 'label'])
  assert.deepEqual(await names([{ name: 'score' }]), ['score'])
})

const good = [{ name: 'x', datatype: 'FP32', shape: [1], data: [1] }]

test('parameters of the request reach the model server in its units', async () => {
  const parameters = {
    timeout: 2500,
    priority: 3,
    use_cache: false,
    cache_ttl: 1.5,
    feature_names: 'in_1, in_2',
    custom: 'x',
    sequence_id: 0,
    sequence_start: false
  }
  await call(app, ['POST', '/v2/models/echo_fp32/versions/1/infer'], { inputs: good, parameters })
  const { version, timeoutMs, priority, useCache, cacheTtlMs, featureNames } = models.asked.at(-1)!
  assert.deepEqual(
    { version, timeoutMs, priority, useCache, cacheTtlMs, featureNames },
    { version: '1', timeoutMs: 2.5, priority: 3, useCache: false, cacheTtlMs: 1500, featureNames: ['in_1', 'in_2'] }
  )
})

test('names of features may be a list in JSON, for names with commas', async () => {
  const parameters = { feature_names: '["a,b", "c"]' }
  await call(app, ['POST', '/v2/models/echo_fp32/infer'], { inputs: good, parameters })
  assert.deepEqual(models.asked.at(-1)!.featureNames, ['a,b', 'c'])
})

test('a timeout of 0 is none', async () => {
  await call(app, ['POST', '/v2/models/echo_fp32/infer'], { inputs: good, parameters: { timeout: 0 } })
  assert.equal(models.asked.at(-1)!.timeoutMs, undefined)
})

describe('parameters of the wrong kind are refused', () => {
  const cases: [object, status: number][] = [
    [{ timeout: -1 }, 400],
    [{ timeout: '5' }, 400],
    [{ use_cache: 'no' }, 400],
    [{ cache_ttl: true }, 400],
    [{ feature_names: 5 }, 400],
    [{ feature_names: '[1]' }, 400],
    [{ feature_names: '[' }, 400],
    [{ binary_data_output: 1 }, 400],
    [{ sequence_id: 5, sequence_start: true }, 501],
    [{ sequence_id: 'abc' }, 501]
  ]
  for (const [parameters, status] of cases) {
    test(JSON.stringify(parameters), async () => {
      const reply = await call(app, ['POST', '/v2/models/echo_fp32/infer'], { inputs: good, parameters })
      assert.equal(reply.status, status)
      assert.ok(typeof reply.body['error'] === 'string')
    })
  }
})

test('shared memory is refused as unsupported, for inputs and outputs', async () => {
  const parameters = { shared_memory_region: 'r', shared_memory_byte_size: 4 }
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1], parameters }]
  assert.equal((await call(app, ['POST', '/v2/models/echo_fp32/infer'], { inputs })).status, 501)
  const outputs = [{ name: 'y', parameters }]
  assert.equal((await call(app, ['POST', '/v2/models/echo_fp32/infer'], { inputs: good, outputs })).status, 501)
})

describe('failures of the model server have the status of the protocol', () => {
  const cases: [code: ConstructorParameters<typeof MillraceError>[0], status: number, error: string][] = [
    ['MILL_INPUT_INVALID', 400, 'why'],
    ['MILL_OVERLOADED', 503, 'why'],
    ['MILL_MODEL_NOT_READY', 503, 'why'],
    ['MILL_DEADLINE_EXCEEDED', 503, 'why'],
    ['MILL_UNSUPPORTED', 501, 'why'],
    ['MILL_RUN_FAILED', 500, 'why'],
    ['MILL_MODEL_NOT_FOUND', 404, 'why'],
    ['MILL_VERSION_NOT_FOUND', 404, 'why'],
    ['MILL_STORE_FAILED', 503, 'The storage failed; nothing was changed.']
  ]
  for (const [code, status, error] of cases) {
    test(`${code} is ${status}`, async () => {
      models.failWith = new MillraceError(code, 'why', { details: { a: 1 } })
      const reply = await call(app, ['POST', '/v2/models/echo_fp32/versions/1/infer'], { inputs: good })
      models.failWith = undefined
      assert.equal(reply.status, status)
      assert.equal(reply.body['error'], error)
      assert.equal(reply.body['code'], code)
      assert.equal(reply.headers['retry-after'], status === 503 ? '1' : undefined)
    })
  }

  test('what nobody expected is 500 and tells nothing', async () => {
    models.failWith = new Error('secret')
    const reply = await call(app, ['POST', '/v2/models/echo_fp32/infer'], { inputs: good })
    models.failWith = undefined
    assert.equal(reply.status, 500)
    assert.equal(reply.body['error'], 'internal error')
  })
})

test('a model or version that is not there is 404, in the words of Triton', async () => {
  const unknown = await call(app, ['POST', '/v2/models/nope/infer'], { inputs: good })
  assert.deepEqual([unknown.status, unknown.body['error']], [404, "Request for unknown model: 'nope' is not found"])
  for (const body of ['', '{', {}, { inputs: [{ name: 'x' }] }]) {
    const wrong = await call(app, ['POST', '/v2/models/nope/infer'], body)
    assert.deepEqual([wrong.status, wrong.body['error']], [404, "Request for unknown model: 'nope' is not found"])
    assert.equal((await call(app, ['POST', '/v2/models/echo_fp32/infer'], body)).status, 400)
  }
  const version = await call(app, ['POST', '/v2/models/echo_fp32/versions/1.10/infer'], { inputs: good })
  assert.deepEqual(
    [version.status, version.body['error']],
    [404, "Request for unknown model: 'echo_fp32' version 1.10 is not found"]
  )
})
