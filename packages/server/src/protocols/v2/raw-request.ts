import type { ServedVersion } from '@millrace/engine'
import { elementBytes, elementCount, type TensorSpec } from '@millrace/runtime'
import { decodeRawTensor, decodeText } from '../raw-tensor.ts'
import type { InferQuestion } from './infer-request.ts'
import { invalid } from '../json-fields.ts'

/**
 * A request whose whole body is the one input of the model: what Triton calls a raw binary request. One row of a model
 * with batches; at most one other dimension may be open, and its size follows from the bytes. All outputs are bytes.
 * @throws {MillraceError} MILL_INPUT_INVALID
 */
export function readRawRequest(body: Buffer, served: ServedVersion): InferQuestion {
  const { inputs, model } = served
  const [spec] = inputs
  if (spec === undefined || inputs.length > 1) {
    throw invalid(`raw request must only have 1 input to be deduced but got ${inputs.length} inputs in '${model}'`)
  }
  const shape = served.maxBatchRows > 1 ? [1, ...spec.shape.slice(1)] : spec.shape
  const input = spec.datatype === 'BYTES' ? textOf(spec, shape, body) : tensorOf(spec, shape, body)
  return { id: undefined, unitId: undefined, inputs: [input], outputs: undefined, isBinary: true, options: {} }
}

function tensorOf({ name, datatype }: TensorSpec, shape: readonly number[], body: Buffer) {
  const open = shape.indexOf(-1)
  if (open !== shape.lastIndexOf(-1)) {
    throw invalid(`raw request needs an input with at most one dimension of any size, and '${name}' has more`)
  }
  const known = elementCount(shape.filter(size => size !== -1)) * elementBytes[datatype]!
  const missing = known === 0 ? 0 : Math.floor(body.length / known)
  return decodeRawTensor({ name, datatype, shape: shape.map(size => (size === -1 ? missing : size)) }, body)
}

/** The bytes are the text as it is, without its length before it. */
function textOf({ name, datatype }: TensorSpec, given: readonly number[], body: Buffer) {
  const shape = given.map(size => (size === -1 ? 1 : size))
  if (elementCount(shape) !== 1) throw invalid(`raw request needs an input of one text, and '${name}' takes more`)
  return { name, datatype, shape, data: [decodeText({ name }, 0, body)] }
}
