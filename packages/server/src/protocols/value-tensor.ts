import type { NamedTensor, TensorSpec } from '@millrace/runtime'
import { textOfBase64 } from './json-elements.ts'
import { invalid, isObject } from './json-fields.ts'
import { tensorFromJson } from './json-tensor.ts'

/** Dimensions that nothing needs; deeper lists are refused. */
const mostDimensions = 32

/**
 * The tensor of a parsed value whose shape follows from its lists, as TensorFlow Serving and MLflow write tensors. Texts
 * may be `{"b64": …}`. A list of numbers fits an input of shape `[n, 1]`.
 * @throws {MillraceError} MILL_INPUT_INVALID for ragged lists, or elements that do not fit the type of the input
 */
export function tensorOfValue({ name, datatype, shape: wanted }: TensorSpec, value: unknown): NamedTensor {
  const shape = shapeOf(name, value)
  const data = datatype === 'BYTES' ? withoutBase64(name, value) : value
  const tensor = tensorFromJson({ name, datatype, shape }, Array.isArray(data) ? data : [data])
  const isColumn = shape.length === wanted.length - 1 && wanted.at(-1) === 1
  return isColumn ? { ...tensor, shape: [...shape, 1] } : tensor
}

/** Is this bytes in base64, as TensorFlow Serving writes them? */
export function isBase64(value: unknown): value is { b64: unknown } {
  return isObject(value) && Object.keys(value).length === 1 && 'b64' in value
}

function shapeOf(name: string, value: unknown): number[] {
  const shape: number[] = []
  for (let inner = value; Array.isArray(inner); inner = inner[0]) {
    shape.push(inner.length)
    if (shape.length > mostDimensions) throw invalid(`input '${name}' has more than ${mostDimensions} dimensions`)
  }
  return shape
}

function withoutBase64(name: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inner => withoutBase64(name, inner))
  if (!isBase64(value)) return value
  const text = textOfBase64(value.b64)
  if (text !== undefined) return text
  throw invalid(`input '${name}' has a b64 that is not base64 of UTF-8 text, which is all that ONNX texts can hold`)
}
