import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '@millrace/common'
import * as fc from 'fast-check'
import { parseMetadata, parseModelConfig } from '../../src/index.ts'
import { sha256OfAbc } from './model-files.ts'

/** The faults of a file, or none. */
function faultsOf(parse: (text: string, file: string) => unknown, value: unknown): unknown {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  try {
    parse(text, 'file.json')
    return []
  } catch (error) {
    assert.ok(error instanceof MillraceError)
    assert.equal(error.code, 'MILL_MODEL_INVALID')
    assert.equal(error.details['file'], 'file.json')
    return error.details['faults']
  }
}

const metadataFaults = (value: unknown): unknown => faultsOf(parseMetadata, value)
const configFaults = (value: unknown): unknown => faultsOf(parseModelConfig, value)
const policy = (value: unknown): unknown =>
  parseModelConfig(JSON.stringify({ version_policy: value }), 'config.json').versionPolicy

test('reads the metadata of a scikit-learn model as its makers write them', () => {
  const metadata = parseMetadata(
    JSON.stringify({
      model_name: 'random_forest_classifier',
      model_type: 'classification',
      input_shape: [null, 10],
      output_classes: 3,
      features: ['feature_0', 'feature_1'],
      class_names: ['class_0', 'class_1', 'class_2'],
      accuracy: 0.9
    }),
    'model_metadata.json'
  )
  assert.equal(metadata.modelName, 'random_forest_classifier')
  assert.equal(metadata.modelType, 'classification')
  assert.deepEqual(metadata.features, [{ name: 'feature_0' }, { name: 'feature_1' }])
  assert.deepEqual(metadata.classNames, ['class_0', 'class_1', 'class_2'])
  assert.equal(metadata.accuracy, 0.9)
  assert.deepEqual(metadata.raw['input_shape'], [null, 10])
})

test('reads the metadata of a registry', () => {
  const metadata = parseMetadata(
    JSON.stringify({
      model_name: 'fraud_detection',
      version: '1.0.0',
      created_at: '2025-10-01T12:00:00Z',
      framework: 'scikit-learn',
      model_type: 'classifier',
      input_features: ['impressions_24h', { name: 'ctr', min: 0, max: 1, description: 'clicks / impressions' }],
      output_classes: ['legit', 'fraud'],
      metrics: { accuracy: 0.94, auc: 0.96, confusion: [[1, 2]], note: null },
      training_config: { samples: 1000 },
      deployment: { p50_ms: 5 },
      sha256: sha256OfAbc.toUpperCase(),
      outputs: { prediction: 'label', probabilities: 'probabilities' }
    }),
    'metadata.json'
  )
  assert.equal(metadata.version, '1.0.0')
  assert.deepEqual(
    metadata.features.map(({ name, max }) => [name, max]),
    [
      ['impressions_24h', undefined],
      ['ctr', 1]
    ]
  )
  assert.deepEqual(metadata.classNames, ['legit', 'fraud'])
  assert.equal(metadata.accuracy, 0.94)
  assert.deepEqual(metadata.metrics, { accuracy: 0.94, auc: 0.96 })
  assert.equal(metadata.sha256, sha256OfAbc)
  assert.equal(metadata.outputs.probabilities, 'probabilities')
  assert.deepEqual(metadata.raw['training_config'], { samples: 1000 })
})

test('reads the metadata of a version', () => {
  const metadata = parseMetadata(
    '{"version":"v2.0","name":"Model v2.0","accuracy":0.95,"created_at":"2024-01-01T00:00:00","model_type":"RandomForestClassifier"}',
    'metadata.json'
  )
  assert.equal(metadata.version, 'v2.0')
  assert.equal(metadata.name, 'Model v2.0')
  assert.equal(metadata.createdAt, '2024-01-01T00:00:00')
  assert.deepEqual(metadata.features, [])
})

test('a file that begins with a byte order mark is read like any other', () => {
  assert.equal(parseMetadata('\uFEFF{"name":"Wine"}', 'metadata.json').name, 'Wine')
})

test('every fault of metadata is named', () => {
  assert.deepEqual(metadataFaults([]), ['must hold an object'])
  assert.deepEqual(metadataFaults('"text"'), ['must hold an object'])
  assert.deepEqual(metadataFaults({ version: 1.1, sha256: 'abc', accuracy: 1.5, created_at: 'yesterday' }), [
    'version must be text that is not empty, got 1.1',
    'sha256 must be 64 hexadecimal digits, got "abc"',
    'accuracy must be a number from 0 to 1, got 1.5',
    'created_at must be a time in ISO 8601, such as 2024-01-01T00:00:00Z, got "yesterday"'
  ])
  assert.deepEqual(
    metadataFaults({ features: ['a', 7, { min: 1 }, { name: 'b', min: 'low' }], outputs: { low: [] } }),
    [
      'features[1] must be text that is not empty or an object with a name, got 7',
      'features[2] must be text that is not empty or an object with a name, got an object',
      'features[3].min must be a number, got "low"',
      'outputs.low must be text that is not empty, got a list'
    ]
  )
  assert.deepEqual(
    metadataFaults({ features: ['a', 'a', { name: 'b', min: 2, max: 1 }], class_names: ['x'], output_classes: 2 }),
    [
      'features[1] repeats the name "a"',
      'features[2].min must be <= its max 1, got 2',
      'class_names must have 2 entries, as output_classes says, got 1'
    ]
  )
  assert.deepEqual(metadataFaults({ metrics: { 'f1 score': '0.9' } }), [
    'metrics["f1 score"] must be a number or null or a list or an object, got "0.9"'
  ])
  assert.deepEqual(metadataFaults('{"accuracy":1e999}'), ['accuracy must be a number from 0 to 1, got null'])
})

test('no more than twenty faults of a file are named', () => {
  const faults = metadataFaults({ features: Array.from({ length: 1000 }, () => 7) })
  assert.ok(Array.isArray(faults) && faults.length === 20)
})

test('reads every policy of versions', () => {
  assert.deepEqual(policy('all'), { kind: 'all' })
  assert.deepEqual(policy({ latest: 2 }), { kind: 'latest', count: 2 })
  assert.deepEqual(policy({ specific: ['1.0', 'v2'] }), { kind: 'specific', versions: ['1.0', 'v2'] })
  assert.deepEqual(policy({ range: '^1.2' }), { kind: 'range', range: '^1.2' })
  assert.equal(parseModelConfig('{}', 'config.json').versionPolicy, undefined)
})

test('reads every setting of a model', () => {
  const settings = {
    aliases: { stable: '1.0', default: '1.1' },
    max_batch_rows: 64,
    batch_delay_us: 0,
    queue_limit: 100,
    placement: 'thread',
    instances: 2,
    threads: 4
  }
  assert.deepEqual(parseModelConfig(JSON.stringify(settings), 'config.json'), {
    versionPolicy: undefined,
    aliases: { stable: '1.0', default: '1.1' },
    maxBatchRows: 64,
    batchDelayUs: 0,
    queueLimit: 100,
    placement: 'thread',
    instances: 2,
    threads: 4
  })
})

test('every fault of a configuration is named', () => {
  const policies = '"all", {"latest": n}, {"specific": [versions]} or {"range": "semver range"}'
  assert.deepEqual(configFaults({ version_policy: 'some' }), [`version_policy must be ${policies}, got "some"`])
  assert.deepEqual(configFaults({ version_policy: {} }), [`version_policy must be ${policies}, got an object`])
  assert.deepEqual(configFaults({ version_policy: { latest: 0 } }), [
    'version_policy.latest must be an integer >= 1, got 0'
  ])
  assert.deepEqual(configFaults({ version_policy: { specific: [] } }), [
    'version_policy.specific must have 1 or more entries, got 0'
  ])
  assert.deepEqual(configFaults({ version_policy: { latest: 1, range: '1' } }), [
    `version_policy must be ${policies}, got an object`
  ])
  assert.deepEqual(configFaults({ aliases: { stable: 1.1 }, placement: 'gpu', threads: 1.5, batch_delay_us: -1 }), [
    'aliases.stable must be text that is not empty, got 1.1',
    'placement must be "inline" or "thread", got "gpu"',
    'threads must be an integer >= 1, got 1.5',
    'batch_delay_us must be an integer >= 0, got -1'
  ])
})

test('whatever a file holds, it is read or refused with its faults', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), fc.json({ maxDepth: 1 })), text => {
      faultsOf(parseMetadata, text)
      faultsOf(parseModelConfig, text)
    })
  )
})
