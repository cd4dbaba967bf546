import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { createModelServer } from '@millrace/engine'
import { createRuntime } from '@millrace/runtime'
import { folderSource, memoryRegistryStore } from '@millrace/store'
import { mlflowRoutes } from '../../src/protocols/mlflow/mlflow-routes.ts'
import { kserveV1Routes } from '../../src/protocols/v1/kserve-v1-routes.ts'
import { inferenceProtocolRoutes } from '../../src/protocols/v2/inference-protocol-routes.ts'
import { appOf, call, type Reply } from './protocol-app.ts'

const fixtures = join(import.meta.dirname, '../../../runtime/test/fixtures')

/** What ONNX Runtime in Python answered. */
const expected = JSON.parse(readFileSync(join(fixtures, 'expected.json'), 'utf8')) as {
  named_classes: {
    inputs: { X: number[][] }
    outputs: { output_label: string[]; output_probability: Record<string, number>[] }
  }
}
const { inputs, outputs } = expected.named_classes
const { X: rows } = inputs
const features = ['a', 'b', 'c', 'd']
/** As scikit-learn sorts them. */
const classNames = ['high', 'low', 'mid']

const folder = mkdtempSync(join(tmpdir(), 'millrace-protocols-'))
for (const [name, version, file] of [
  ['flowers', '1.0.0', 'named_classes'],
  ['flowers', '1.10', 'named_classes'],
  ['identity', '3', 'identity'],
  ['scalar', 'v1', 'scalar']
] as const) {
  mkdirSync(join(folder, name, version), { recursive: true })
  const bytes = readFileSync(join(fixtures, `${file}.onnx`))
  writeFileSync(join(folder, name, version, 'model.onnx'), bytes)
  // With its checksum a file is known to be whole, however new it is.
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const metadata = name === 'flowers' ? { sha256, features } : { sha256 }
  writeFileSync(join(folder, name, version, 'metadata.json'), JSON.stringify(metadata))
}

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined }
const runtime = createRuntime()
const models = await createModelServer({
  sources: [folderSource({ folder })],
  runtime,
  registry: memoryRegistryStore(),
  policy: { kind: 'all' },
  limits: { maxModels: 10, memoryBytes: 1e9, maxConcurrent: 10, queueLimit: 10, requestTimeoutMs: 10_000 },
  cacheTtlMs: 0,
  log
})
const limits = { inferBodyLimitBytes: 1 << 20 }
const v2 = appOf(inferenceProtocolRoutes, { models, ...limits })
const v1 = appOf(kserveV1Routes, { models, ...limits })
const mlflow = appOf(mlflowRoutes, { models, defaultModel: () => 'flowers', ...limits })

after(async () => {
  await models.close()
  await runtime.close()
  rmSync(folder, { recursive: true })
})

/** Labels must be those of the oracle, probabilities too but for the last bits. */
function checkAnswer(labels: unknown, probabilities: readonly (readonly number[])[]): void {
  assert.deepEqual(labels, outputs.output_label)
  for (const [row, expectedRow] of outputs.output_probability.entries()) {
    for (const [column, name] of classNames.entries()) {
      assert.ok(Math.abs(probabilities[row]![column]! - expectedRow[name]!) < 1e-6, `row ${row}, class ${name}`)
    }
  }
}

const inThrees = (flat: readonly number[]): number[][] => rows.map((_, row) => flat.slice(row * 3, row * 3 + 3))

describe('a classifier gives the answers of ONNX Runtime in Python', () => {
  const url = '/v2/models/flowers/infer'

  test('by JSON', async () => {
    const { body } = await call(v2, ['POST', url], {
      inputs: [{ name: 'X', datatype: 'FP32', shape: [rows.length, 4], data: rows }]
    })
    const [label, probability] = body['outputs'] as { data: number[] }[]
    assert.equal(body['model_version'], '1.10', '1.10 is newer than 1.0.0')
    checkAnswer(label!.data, inThrees(probability!.data))
  })

  test('by bytes', async () => {
    const parameters = { binary_data_size: rows.length * 16 }
    const header = Buffer.from(
      JSON.stringify({
        inputs: [{ name: 'X', datatype: 'FP32', shape: [rows.length, 4], parameters }],
        outputs: [{ name: 'output_label' }, { name: 'output_probability', parameters: { binary_data: true } }]
      })
    )
    const body = Buffer.concat([header, Buffer.from(Float32Array.from(rows.flat()).buffer)])
    const reply = await call(v2, ['POST', url], body, { 'inference-header-content-length': String(header.length) })
    const length = Number(reply.headers['inference-header-content-length'])
    const json = JSON.parse(reply.bytes.subarray(0, length).toString()) as { outputs: { data: string[] }[] }
    const floats = new Float32Array(Uint8Array.from(reply.bytes.subarray(length)).buffer)
    checkAnswer(json.outputs[0]!.data, inThrees(Array.from(floats)))
  })

  interface Row {
    output_label: string
    output_probability: number[]
  }
  const checkRows = ({ body }: Reply): void => {
    const given = body['predictions'] as Row[]
    checkAnswer(
      given.map(row => row.output_label),
      given.map(row => row.output_probability)
    )
  }
  const records = rows.map(([a, b, c, d]) => ({ d, c, b, a }))

  test('by rows and by named features', async () => {
    checkRows(await call(v1, ['POST', '/v1/models/flowers:predict'], { instances: rows }))
    checkRows(await call(v1, ['POST', '/v1/models/flowers/versions/1.0.0:predict'], { instances: records }))
  })

  test('by data frames', async () => {
    checkRows(await call(mlflow, ['POST', '/invocations'], { dataframe_records: records }))
    const csv = [features, ...rows].map(row => row.join()).join('\n')
    checkRows(await call(mlflow, ['POST', '/invocations'], csv, { 'content-type': 'text/csv' }))
  })

  test('with its labels where classes are asked for', async () => {
    const { body } = await call(v2, ['POST', url], {
      inputs: [{ name: 'X', datatype: 'FP32', shape: [rows.length, 4], data: rows }],
      outputs: [{ name: 'output_probability', parameters: { classification: 1 } }]
    })
    const [best] = body['outputs'] as { data: string[]; shape: number[] }[]
    assert.deepEqual(best!.shape, [rows.length, 1])
    assert.deepEqual(
      best!.data.map(text => text.split(':')[2]),
      outputs.output_label
    )
  })
})

test('a tensor without dimensions goes in and out', async () => {
  const given = { name: 'x', datatype: 'FP32', shape: [], data: [1.5] }
  const { body } = await call(v2, ['POST', '/v2/models/scalar/infer'], { inputs: [given] })
  // The model adds one.
  assert.deepEqual(body['outputs'], [{ name: 'y', datatype: 'FP32', shape: [], data: [2.5] }])
})

test('a text with a NUL is refused and never cut', async () => {
  const { body } = await call(v2, ['GET', '/v2/models/identity'])
  const specs = body['inputs'] as { name: string; datatype: string }[]
  const zero = { FP32: 0, BYTES: '' } as Record<string, unknown>
  const ask = (text: string): Promise<Reply> =>
    call(v2, ['POST', '/v2/models/identity/infer'], {
      inputs: specs.map(({ name, datatype }) => ({
        name,
        datatype,
        shape: [1, 1],
        data: [datatype === 'BYTES' ? text : (zero[datatype] ?? 0)]
      }))
    })
  const good = await ask('hello')
  assert.equal(good.status, 200, good.bytes.toString())
  const bad = await ask('he\0llo')
  assert.equal(bad.status, 400)
  assert.match(String(bad.body['error']), /NUL/)
})

const askFlowers = (given: object[]): Promise<Reply> =>
  call(v2, ['POST', '/v2/models/flowers/infer'], { inputs: given })

test('what does not fit is told in the words of Triton', async () => {
  const good = { name: 'X', datatype: 'FP32', shape: [1, 4], data: rows[0]! }
  for (const [given, error] of [
    [[{ ...good, shape: [4] }], /^unexpected shape for input 'X' for model/],
    [[good, { ...good, name: 'Z' }], /^unexpected inference input 'Z'/],
    [[], /^expected 1 inputs but got 0 inputs/],
    [[{ ...good, datatype: 'FP64' }], /data-type/]
  ] as const) {
    const reply = await askFlowers([...given])
    assert.equal(reply.status, 400)
    assert.match(String(reply.body['error']), error)
  }
})
