import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ServedVersion } from '@millrace/engine'
import { base64Bytes, readLoadParameters } from '../../src/protocols/v2/load-parameters.ts'
import { readTritonConfig } from '../../src/protocols/v2/triton-config.ts'
import { echoVersion } from '../grpc-server.ts'

/** As a server of Triton answers for its example model, but for the fields of batching. */
const fromTriton = {
  name: 'simple',
  platform: '',
  backend: 'onnxruntime',
  runtime: '',
  version_policy: { latest: { num_versions: 1 } },
  max_batch_size: 8,
  input: [
    {
      name: 'INPUT0',
      data_type: 'TYPE_INT32',
      format: 'FORMAT_NONE',
      dims: [16],
      is_shape_tensor: false,
      allow_ragged_batch: false,
      optional: false,
      is_non_linear_format_io: false
    }
  ],
  output: [
    {
      name: 'OUTPUT0',
      data_type: 'TYPE_INT32',
      dims: [16],
      label_filename: '',
      is_shape_tensor: false,
      is_non_linear_format_io: false
    }
  ],
  batch_input: [],
  batch_output: [],
  optimization: { priority: 'PRIORITY_DEFAULT', input_pinned_memory: { enable: true }, eager_batching: false },
  dynamic_batching: {
    preferred_batch_size: [8],
    max_queue_delay_microseconds: 500,
    preserve_ordering: false,
    priority_levels: 0,
    default_priority_level: 0,
    default_queue_policy: { timeout_action: 'REJECT', default_timeout_microseconds: 0, max_queue_size: 100 },
    priority_queue_policy: {}
  },
  instance_group: [{ name: 'simple_0', kind: 'KIND_CPU', count: 2, gpus: [], secondary_devices: [], passive: false }],
  default_model_filename: 'model.onnx',
  cc_model_filenames: {},
  metric_tags: {},
  parameters: { intra_op_thread_count: { string_value: '3' }, level: { string_value: '1' } },
  model_warmup: [],
  model_transaction_policy: { decoupled: false }
}

const read = (config: object) => readTritonConfig(JSON.stringify(config), 'simple')

test('a configuration as Triton answers it is taken, and what there is here holds', () => {
  const { config, fileName } = read(fromTriton)
  assert.equal(fileName, 'model.onnx')
  assert.deepEqual(config, {
    versionPolicy: { kind: 'latest', count: 1 },
    maxBatchRows: 8,
    batchDelayUs: 500,
    queueLimit: 100,
    instances: 2,
    threads: 3
  })
})

test('what is not said is left to the server', () => {
  const { config, check } = read({})
  assert.ok(Object.values(config).every(value => value === undefined))
  assert.equal(check, undefined)
})

test('keys may come in camel case, and integers as texts', () => {
  const { config } = read({
    maxBatchSize: '16',
    versionPolicy: { specific: { versions: ['3', 4, 'v1.0'] } },
    dynamicBatching: { maxQueueDelayMicroseconds: '1000' },
    instanceGroup: [{ kind: 'KIND_CPU' }, { count: 2 }]
  })
  assert.deepEqual(config.versionPolicy, { kind: 'specific', versions: ['3', '4', 'v1.0'] })
  assert.deepEqual([config.maxBatchRows, config.batchDelayUs, config.instances], [16, 1000, 3])
})

test('the policy may be all versions, or nothing', () => {
  assert.deepEqual(read({ version_policy: { all: {} } }).config.versionPolicy, { kind: 'all' })
  assert.equal(read({ version_policy: {} }).config.versionPolicy, undefined)
})

describe('a configuration is refused that', () => {
  const refused: [object, RegExp][] = [
    [{ name: 'other' }, /^'name' of the configuration must be simple, the model that is loaded, got "other"$/],
    [{ platform: 'tensorflow_savedmodel' }, /^'platform' .* must be onnxruntime_onnx, got /],
    [{ backend: 'python' }, /^'backend' .* must be onnxruntime, got "python"$/],
    [{ max_batch_size: -1 }, /^'max_batch_size' .* must be an integer >= 0, got -1$/],
    [{ max_batch_size: 1.5 }, /^'max_batch_size'/],
    [{ maximum: 1 }, /^the configuration has no key 'maximum'$/],
    [{ sequence_batching: { max_sequence_idle_microseconds: 1 } }, /^'sequence_batching' .* is not supported$/],
    [{ ensemble_scheduling: { step: [{}, { model_name: 'a' }] } }, /^'ensemble_scheduling' .* is not supported$/],
    [{ modelTransactionPolicy: { decoupled: true } }, /^'modelTransactionPolicy' .* is not supported$/],
    [{ dynamic_batching: { preserve_ordering: true } }, /^'preserve_ordering' of 'dynamic_batching' is not supported$/],
    [{ dynamic_batching: { default_queue_policy: { timeout_action: 'DELAY' } } }, /^'timeout_action'/],
    [{ instance_group: [{ kind: 'KIND_GPU', count: 1 }] }, /^'kind' .* must be KIND_AUTO, KIND_CPU, KIND_MODEL, got/],
    [{ instance_group: [{ gpus: [0, 1] }] }, /^'gpus' of 'instance_group' is not supported$/],
    [{ instance_group: {} }, /^'instance_group' of the configuration must be a list$/],
    [{ version_policy: { newest: 1 } }, /^'version_policy' has no key 'newest'$/],
    [{ version_policy: { specific: { versions: [1.5] } } }, /^'versions'/],
    [{ input: [{ data_type: 'TYPE_FP32' }] }, /^each 'input' of the configuration must have a name$/],
    [{ input: [{ name: 'x', data_type: 'FP32' }] }, /^'data_type' of 'x' must be such as TYPE_FP32, got "FP32"$/],
    [{ input: [{ name: 'x', dims: [3], reshape: { shape: [3, 1] } }] }, /^'reshape' of 'x' is not supported$/],
    [{ output: [{ name: 'y', label_filename: 'labels.txt' }] }, /^'label_filename' of 'output' is not supported$/]
  ]
  for (const [config, message] of refused) {
    test(`says ${JSON.stringify(config)}`, () =>
      assert.throws(() => read(config), { code: 'MILL_INPUT_INVALID', message }))
  }

  test('is no JSON, or no object', () => {
    for (const text of ['', '{', '[]', '1', 'null']) {
      assert.throws(() => readTritonConfig(text, 'simple'), {
        message: "the load parameter 'config' must be a JSON object"
      })
    }
  })

  test('is nested without end', () => {
    const config = `{"runtime":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
    assert.throws(() => readTritonConfig(config, 'simple'), {
      message: /^'runtime' of the configuration is not supported$/
    })
  })
})

describe('inputs and outputs are held against those of the model', () => {
  const served: ServedVersion = {
    ...echoVersion,
    inputs: [
      { name: 'x', datatype: 'FP32', shape: [-1, 2] },
      { name: 's', datatype: 'BYTES', shape: [-1, -1] }
    ],
    outputs: [
      { name: 'y', datatype: 'INT64', shape: [-1] },
      { name: 'z', datatype: 'FP32', shape: [-1, 3] }
    ]
  }
  const check = (config: object): void => read(config).check?.(served)
  const x = { name: 'x', data_type: 'TYPE_FP32', dims: [2] }
  const s = { name: 's', data_type: 'TYPE_STRING', dims: [7] }

  test('which fit without the dimension of the batch, or with it where there are no batches', () => {
    check({ max_batch_size: 4, input: [x, s], output: [{ name: 'z', data_type: 'TYPE_FP32', dims: [3] }] })
    check({ input: [{ ...x, dims: [-1, 2] }, { name: 's' }], output: [{ name: 'y', dims: [-1] }] })
    check({ output: [{ name: 'y' }] })
  })

  const refused: [object, RegExp][] = [
    [{ input: [x, s] }, /^its input 'x' has the shape \[-1,2\], the configuration says \[2\]$/],
    [
      { max_batch_size: 4, input: [{ ...x, dims: [3] }, s] },
      /\[-1,2\], the configuration says \[3\], after that of the/
    ],
    [{ max_batch_size: 4, input: [{ ...x, data_type: 'TYPE_FP64' }, s] }, /^its input 'x' is FP32, the .* says FP64$/],
    [{ max_batch_size: 4, input: [{ ...x, name: 'w' }, s] }, /^it has no input 'w', but 'x', 's'$/],
    [{ max_batch_size: 4, input: [x] }, /^its input 's' is missing in the configuration$/],
    [{ output: [{ name: 'w' }] }, /^it has no output 'w', but 'y', 'z'$/]
  ]
  for (const [config, message] of refused) {
    test(`which do not fit as ${JSON.stringify(config)}`, () =>
      assert.throws(() => check(config), { code: 'MILL_MODEL_INVALID', message }))
  }

  test('a single element is a tensor that is reshaped', () => {
    const scalar = { ...served, inputs: [{ name: 'x', datatype: 'FP32' as const, shape: [] }] }
    read({ input: [{ name: 'x', dims: [1], reshape: { shape: [] } }] }).check!(scalar)
    assert.throws(() => read({ input: [{ name: 'x', dims: [1] }] }).check!(scalar), { code: 'MILL_MODEL_INVALID' })
  })
})

const readAll = (parameters: Record<string, unknown>) => readLoadParameters('simple', parameters, base64Bytes)

describe('the parameters of a load', () => {
  const file = Buffer.from('model').toString('base64')

  test('may be none', () => assert.equal(readAll({}), undefined))

  test('hold files, of which one is the model whatever it is called', () => {
    const config = JSON.stringify({ default_model_filename: 'net.onnx' })
    const { files } = readAll({ config, 'file:1/net.onnx': file, 'file:1/metadata.json': 'e30=' })!
    assert.deepEqual(
      Array.from(files!, ([path, bytes]) => [path, String(bytes)]),
      [
        ['1/model.onnx', 'model'],
        ['1/metadata.json', '{}']
      ]
    )
  })

  const refused: [Record<string, unknown>, RegExp][] = [
    [{ 'file:1/model.onnx': file }, /^the load parameter 'file:1\/model.onnx' needs 'config' beside it$/],
    [{ config: {} }, /^the load parameter 'config' must be a text$/],
    [{ config: '{}', replicas: 2 }, /^unrecognized load parameter 'replicas'$/],
    [{ config: '{}', 'file:1/model.onnx': 'no base64' }, /^the load parameter 'file:1\/model.onnx' must be the bytes/],
    [{ config: '{}', 'file:1/model.onnx': 'AAA' }, /must be the bytes/],
    [{ config: '{}', 'file:1/model.onnx': 7 }, /must be the bytes/],
    [{ config: '{"default_model_filename": "net.onnx"}' }, /^'default_model_filename' must be model.onnx without files/]
  ]
  for (const [parameters, message] of refused) {
    test(`are refused as ${JSON.stringify(parameters)}`, () =>
      assert.throws(() => readAll(parameters), { code: 'MILL_INPUT_INVALID', message }))
  }
})
