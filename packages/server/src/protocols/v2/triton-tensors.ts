import { MillraceError } from '@millrace/common'
import type { LoadOverride, ServedVersion } from '@millrace/engine'
import type { TensorSpec } from '@millrace/runtime'
import { invalid, isObject, type JsonObject, listIn } from '../json-fields.ts'
import { integerIn, isNothing, messageIn } from './triton-message.ts'

/** An input or output as a configuration of Triton says it is. */
interface Declared {
  readonly name: string
  /** Undefined for any. */
  readonly datatype: string | undefined
  /** -1 for any size; without that of the batch, where there are batches. Undefined for any. */
  readonly dims: readonly number[] | undefined
}

const known = {
  keys: new Set(['name', 'data_type', 'dims', 'reshape']),
  // How pictures are laid out is of no concern to ONNX, which takes them as they are.
  ignoredKeys: new Set(['format']),
  refusedKeys: new Set([
    'is_shape_tensor',
    'allow_ragged_batch',
    'optional',
    'is_non_linear_format_io',
    'label_filename'
  ])
}

/**
 * Holds a version against the inputs and outputs of a configuration: all inputs must be there, and outputs may be left
 * out. A size that is fixed there and free in the model is no fault.
 * @returns undefined when the configuration says nothing of them
 * @throws {MillraceError} MILL_INPUT_INVALID for a configuration that says it wrongly
 */
export function tensorCheck(config: JsonObject, { hasBatches }: { hasBatches: boolean }): LoadOverride['check'] {
  const [inputs, outputs] = ['input', 'output'].map(key => declaredIn(config, key)) as [Declared[], Declared[]]
  if (inputs.length + outputs.length === 0) return undefined
  return served => {
    if (inputs.length > 0) checkTensors('input', inputs, served.inputs, hasBatches)
    checkTensors('output', outputs, served.outputs, hasBatches)
    checkComplete(inputs, served)
  }
}

function declaredIn(config: JsonObject, key: string): Declared[] {
  return (listIn(config, key, 'the configuration') ?? []).map(each => {
    if (!isObject(each)) throw invalid(`'${key}' of the configuration must be a list of objects`)
    const { name, data_type, ...rest } = messageIn(each, `'${key}'`, known)
    if (typeof name !== 'string' || name === '') throw invalid(`each '${key}' of the configuration must have a name`)
    return { name, datatype: datatypeOf(name, data_type), dims: dimsIn(name, rest) }
  })
}

function datatypeOf(name: string, given: unknown): string | undefined {
  if (isNothing(given) || given === 'TYPE_INVALID') return undefined
  const type = typeof given === 'string' ? /^TYPE_(\w+)$/.exec(given)?.[1] : undefined
  if (type === undefined)
    throw invalid(`'data_type' of '${name}' must be such as TYPE_FP32, got ${JSON.stringify(given)}`)
  return type === 'STRING' ? 'BYTES' : type
}

/** Triton knows no tensor without dimensions: one of a single element is written as one that is reshaped. */
function dimsIn(name: string, tensor: JsonObject): readonly number[] | undefined {
  const dims = listIn(tensor, 'dims', `'${name}'`)?.map(dim => integerIn({ dims: dim }, 'dims', -1)!)
  const { reshape } = tensor
  if (reshape === undefined || reshape === null) return dims
  const shape = isObject(reshape) ? (listIn(reshape, 'shape', "'reshape'") ?? []) : [reshape]
  if (shape.length > 0 || dims?.length !== 1 || dims[0] !== 1) throw invalid(`'reshape' of '${name}' is not supported`)
  return []
}

function checkTensors(
  kind: string,
  declared: readonly Declared[],
  specs: readonly TensorSpec[],
  hasBatches: boolean
): void {
  for (const { name, datatype, dims } of declared) {
    const spec = specs.find(each => each.name === name)
    if (spec === undefined) throw unfit(`it has no ${kind} '${name}', but ${namesOf(specs)}`)
    if (datatype !== undefined && datatype !== spec.datatype) {
      throw unfit(`its ${kind} '${name}' is ${spec.datatype}, the configuration says ${datatype}`)
    }
    if (dims !== undefined && !fits(dims, spec.shape, hasBatches)) {
      const batch = hasBatches ? ', after that of the batch' : ''
      throw unfit(
        `its ${kind} '${name}' has the shape ${JSON.stringify(spec.shape)}, the configuration says ${JSON.stringify(dims)}${batch}`
      )
    }
  }
}

function checkComplete(declared: readonly Declared[], { inputs }: ServedVersion): void {
  if (declared.length === 0) return
  const missing = inputs.find(({ name }) => declared.every(each => each.name !== name))
  if (missing !== undefined) throw unfit(`its input '${missing.name}' is missing in the configuration`)
}

function fits(dims: readonly number[], shape: readonly number[], hasBatches: boolean): boolean {
  const own = hasBatches ? shape.slice(1) : shape
  if (hasBatches && shape[0] !== -1) return false
  return own.length === dims.length && own.every((size, index) => size === -1 || size === dims[index])
}

function namesOf(specs: readonly TensorSpec[]): string {
  return specs.map(({ name }) => `'${name}'`).join(', ') || 'none'
}

function unfit(reason: string): MillraceError {
  return new MillraceError('MILL_MODEL_INVALID', reason)
}
