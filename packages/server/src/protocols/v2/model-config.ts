import type { ServedVersion } from '@millrace/engine'
import type { ModelConfigReply } from '@millrace/protocol'
import type { TensorSpec } from '@millrace/runtime'

const kinds = {
  onnxruntime_onnx: { backend: 'onnxruntime', file: 'model.onnx' },
  millrace_learner: { backend: 'millrace', file: 'learner.state' }
} as const

/** The configuration of a version in the form of Triton: dimensions without that of the batch, where there are batches. */
export function modelConfig(served: ServedVersion): ModelConfigReply {
  const { model, version, platform, inputs, outputs, maxBatchRows } = served
  const hasBatches = maxBatchRows > 1
  const { backend, file } = kinds[platform]
  return {
    name: model,
    platform,
    backend,
    version_policy: { specific: { versions: [version] } },
    max_batch_size: hasBatches ? maxBatchRows : 0,
    input: inputs.map(spec => tensorConfig(spec, hasBatches)),
    output: outputs.map(spec => tensorConfig(spec, hasBatches)),
    instance_group: [{ name: model, kind: 'KIND_CPU', count: 1 }],
    default_model_filename: file,
    ...(hasBatches ? { dynamic_batching: {} } : {})
  }
}

function tensorConfig({ name, datatype, shape }: TensorSpec, hasBatches: boolean): ModelConfigReply['input'][number] {
  const data_type = `TYPE_${datatype === 'BYTES' ? 'STRING' : datatype}`
  const dims = hasBatches ? shape.slice(1) : [...shape]
  // Triton knows no tensor without dimensions: one of a single element is reshaped.
  return dims.length > 0 ? { name, data_type, dims } : { name, data_type, dims: [1], reshape: { shape: [] } }
}
