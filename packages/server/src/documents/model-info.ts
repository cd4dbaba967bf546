import type { ModelStatus, ServedVersion, VersionStatus } from '@millrace/engine'
import type { ListedVersion, ModelFileInfoReply } from '@millrace/protocol'
import type { Datatype, TensorSpec } from '@millrace/runtime'

/** Versions of a model as `GET /models` lists them, in their order. */
export function listedVersions(model: ModelStatus): ListedVersion[] {
  const active = model.aliases.get('default')
  return model.versions.map(version => listed(version, model, version.version === active))
}

function listed(
  { version, state, reason, served, metadata = served?.metadata }: VersionStatus,
  { name, aliases }: ModelStatus,
  isActive: boolean
): ListedVersion {
  return {
    version,
    name: metadata?.name ?? `Model ${version}`,
    accuracy: metadata?.accuracy ?? null,
    created_at: metadata?.createdAt ?? null,
    is_active: isActive,
    model: name,
    model_type: metadata?.modelType ?? null,
    aliases: [...aliases].filter(([, meant]) => meant === version).map(([alias]) => alias),
    state,
    reason
  }
}

/** All that is known of a version: what its metadata say, and where they are silent what its file shows. */
export function fileInfo(served: ServedVersion): ModelFileInfoReply & Record<string, unknown> {
  const { model, version, metadata, inputs, outputs, platform } = served
  return {
    ...shown(served),
    ...metadata.raw,
    model_name: model,
    version,
    onnx_inputs: inputs.map(tensorInfo),
    onnx_outputs: outputs.map(tensorInfo),
    providers: platform === 'onnxruntime_onnx' ? ['CPUExecutionProvider'] : [],
    session_options: {
      ...(platform === 'onnxruntime_onnx' ? sessionOptions : {}),
      max_batch_rows: served.maxBatchRows
    },
    platform,
    load_seconds: served.loadMs / 1000,
    memory_bytes: served.memoryBytes
  }
}

/** How the runtime opens every session; the names are those of ONNX Runtime. */
const sessionOptions = {
  graph_optimization_level: 'ORT_ENABLE_ALL',
  execution_mode: 'ORT_SEQUENTIAL',
  inter_op_num_threads: 1
}

function shown({ inputs, metadata, classLabels }: ServedVersion): Record<string, unknown> {
  const classes = metadata.classNames.length > 0 ? metadata.classNames : [...classLabels.values()][0]
  return {
    ...(metadata.modelType === undefined ? {} : { model_type: metadata.modelType }),
    ...(inputs.length === 1 ? { input_shape: shapeOf(inputs[0]!) } : {}),
    ...(classes === undefined ? {} : { output_classes: classes.length, class_names: classes })
  }
}

function tensorInfo(spec: TensorSpec): ModelFileInfoReply['onnx_inputs'][number] {
  return { name: spec.name, type: `tensor(${typeNames[spec.datatype]})`, shape: shapeOf(spec) }
}

function shapeOf({ shape }: TensorSpec): (number | null)[] {
  return shape.map(size => (size === -1 ? null : size))
}

/** Types as ONNX Runtime writes them. */
const typeNames: Readonly<Record<Datatype, string>> = {
  BOOL: 'bool',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FP16: 'float16',
  FP32: 'float',
  FP64: 'double',
  BYTES: 'string'
}
