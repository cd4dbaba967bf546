import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { bidFeatureNames, ctrFeatureNames, fraudFeatureNames } from '@millrace/engine'
import { createRuntime, type NamedTensor, type Runtime, type RuntimeModel } from '@millrace/runtime'

const folder = fileURLToPath(new URL('../models', import.meta.url))

/** What these tests read of a `metadata.json`. */
interface Metadata {
  readonly model_name: string
  readonly version: string
  readonly created_at: string
  readonly sha256: string
  readonly size_bytes: number
  readonly features: readonly { name: string; description: string; min: number; max: number }[]
  readonly class_names?: readonly string[]
  readonly outputs: Readonly<Record<string, string>>
  readonly accuracy?: number
  readonly metrics: Readonly<Record<string, number>>
  readonly sample: { test_input: readonly (readonly number[])[]; expected_output: readonly number[] }
}

const subfolders = (of: string): string[] => readdirSync(path.join(folder, of))
const versions = subfolders('.').flatMap(name => subfolders(name).map(version => path.join(name, version)))

function metadataOf(version: string): Metadata {
  return JSON.parse(readFileSync(path.join(folder, version, 'metadata.json'), 'utf8')) as Metadata
}

let runtime: Runtime
before(() => {
  runtime = createRuntime()
})
after(() => runtime.close())

async function load(version: string): Promise<RuntimeModel> {
  const { sha256 } = metadataOf(version)
  return await runtime.load({ label: version, path: path.join(folder, version, 'model.onnx'), sha256 })
}

async function run(model: RuntimeModel, rows: readonly (readonly number[])[]): Promise<Map<string, number[]>> {
  const data = Float32Array.from(rows.flat())
  const input: NamedTensor = {
    name: model.inputs[0]!.name,
    datatype: 'FP32',
    shape: [rows.length, rows[0]!.length],
    data
  }
  const { outputs } = await model.run({ inputs: [input] })
  return new Map(outputs.map(output => [output.name, Array.from(output.data as ArrayLike<number | bigint>, Number)]))
}

test('all sample models of the documents are there', () => {
  assert.deepEqual(versions, [
    'bid_optimization/1.0.0',
    'ctr_prediction/1.0.0',
    'fraud_detection/1.0.0',
    'random_forest_classifier/1.0.0',
    'tabular_classifier/v1.0',
    'tabular_classifier/v2.0',
    'tabular_classifier/v3.0',
    'wine_quality/1.0'
  ])
})

for (const version of versions) {
  describe(version, () => {
    const metadata = metadataOf(version)
    const { features, outputs, sample } = metadata

    test('is the file that its metadata describe', () => {
      const bytes = readFileSync(path.join(folder, version, 'model.onnx'))
      assert.equal(createHash('sha256').update(bytes).digest('hex'), metadata.sha256)
      assert.equal(bytes.length, metadata.size_bytes)
      assert.equal(path.join(metadata.model_name, metadata.version), version)
      assert.ok(existsSync(path.join(folder, version, 'README.md')))
    })

    test('takes rows of its features, and has the outputs that are named', async () => {
      const model = await load(version)
      assert.deepEqual(
        model.inputs.map(({ datatype, shape }) => [datatype, shape]),
        [['FP32', [-1, features.length]]]
      )
      assert.deepEqual(model.outputs.map(({ name }) => name).toSorted(), Object.values(outputs).toSorted())
      assert.equal(new Set(features.map(({ name }) => name)).size, features.length)
    })

    test('answers its sample as written, rows together and one by one', async () => {
      const model = await load(version)
      const together = (await run(model, sample.test_input)).get(outputs['prediction']!)!
      assert.equal(together.length, sample.expected_output.length)
      for (const [index, row] of sample.test_input.entries()) {
        const [alone] = (await run(model, [row])).get(outputs['prediction']!)!
        for (const value of [together[index]!, alone!]) {
          const expected = sample.expected_output[index]!
          assert.ok(Math.abs(value - expected) <= 1e-5 * Math.max(1, Math.abs(expected)), `row ${index}: ${value}`)
        }
      }
    })

    test('has samples within the ranges of its features', () => {
      for (const [index, { name, description, min, max }] of features.entries()) {
        assert.ok(min < max && description !== '', name)
        for (const row of sample.test_input) assert.ok(row[index]! >= min && row[index]! <= max, name)
      }
    })

    const count = metadata.class_names?.length ?? 0
    if (count > 0)
      test('gives each class a probability, which sum to 1', async () => {
        const probabilities = (await run(await load(version), sample.test_input)).get(outputs['probabilities']!)!
        assert.equal(probabilities.length, count * sample.test_input.length)
        for (let at = 0; at < probabilities.length; at += count) {
          const row = probabilities.slice(at, at + count)
          assert.ok(row.every(value => value >= 0 && value <= 1.000001))
          assert.ok(Math.abs(row.reduce((sum, value) => sum + value) - 1) < 1e-5, row.join(' '))
        }
      })

    test('has figures that can be', () => {
      for (const [name, value] of Object.entries(metadata.metrics)) assert.ok(Number.isFinite(value), name)
      const { accuracy = 1, metrics } = metadata
      assert.ok(accuracy > 0.5 && accuracy <= 1)
      assert.equal(metrics['accuracy'] ?? accuracy, accuracy)
    })
  })
}

test('the versions of the tabular classifier answer the documented example as documented', async () => {
  const example = Array.from({ length: 10 }, (_, index) => (index + 1) / 10)
  const documented = { 'v1.0': [0, 0.82], 'v2.0': [0, 0.87], 'v3.0': [1, 0.5616] } as const
  for (const [version, [label, confidence]] of Object.entries(documented)) {
    const answer = await run(await load(`tabular_classifier/${version}`), [example])
    assert.deepEqual(answer.get('label'), [label])
    assert.ok(Math.abs(Math.max(...answer.get('probabilities')!) - confidence) < 5e-5, version)
  }
  const accuracies = Object.keys(documented).map(version => metadataOf(`tabular_classifier/${version}`).accuracy)
  assert.deepEqual(accuracies, [0.94, 0.945, 0.835])
})

test('later versions were made later', () => {
  const made = ['v1.0', 'v2.0', 'v3.0'].map(version => metadataOf(`tabular_classifier/${version}`).created_at)
  assert.deepEqual(made, made.toSorted())
  assert.equal(new Set(made).size, 3)
})

test('models of ads take the features that are built for them', () => {
  const named = {
    fraud_detection: fraudFeatureNames,
    ctr_prediction: ctrFeatureNames,
    bid_optimization: bidFeatureNames
  }
  for (const [name, names] of Object.entries(named)) {
    assert.deepEqual(
      metadataOf(`${name}/1.0.0`).features.map(feature => feature.name),
      names
    )
  }
})

test('the wine model is no less accurate than a tuned forest, on wines of its own and on random ones', () => {
  const { metrics } = metadataOf('wine_quality/1.0')
  assert.ok(metrics['new_wines_accuracy']! >= metrics['new_wines_forest_accuracy']!)
  assert.ok(metrics['random_split_accuracy']! >= metrics['random_split_forest_accuracy']!)
})

test('models of ads come near the best possible', () => {
  for (const name of ['fraud_detection', 'ctr_prediction', 'bid_optimization']) {
    const share = metadataOf(`${name}/1.0.0`).metrics['share_of_attainable']!
    assert.ok(share > 0.9 && share <= 1, `${name}: ${share}`)
  }
})
