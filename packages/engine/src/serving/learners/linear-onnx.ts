import { type Field, bytesField, integerField, message, messageField, textField } from './wire-format.ts'

/** Types of elements, by the numbers that ONNX has for them. */
const int64Type = 7
const doubleType = 11
/** Of 2020: all that is used here was there then, and whatever reads ONNX now reads it. */
const irVersion = 7
const opsetVersion = 13

/** A linear function of scaled features: `intercept + Σ weight · (x - mean) / deviation`. */
export interface LinearFunction {
  readonly means: Float64Array
  /** None of them 0. */
  readonly deviations: Float64Array
  readonly weights: Float64Array
  readonly intercept: number
}

/**
 * An ONNX file that computes a linear function in doubles: input `features` [n, k], output `prediction` [n].
 * @param facts what it says of itself, as texts
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto for the numbers of the fields
 */
export function linearOnnx(linear: LinearFunction, facts: Readonly<Record<string, string>>): Uint8Array {
  const width = linear.weights.length
  const graph = messageField(
    7,
    node('Sub', ['features', 'means'], 'centred'),
    node('Div', ['centred', 'deviations'], 'scaled'),
    node('MatMul', ['scaled', 'weights'], 'column'),
    // Not a vector of weights instead: onnxruntime fails then where there are no rows.
    node('Squeeze', ['column', 'columnAxis'], 'product'),
    node('Add', ['product', 'intercept'], 'prediction'),
    textField(2, 'linear'),
    constant('means', [width], doubles(linear.means)),
    constant('deviations', [width], doubles(linear.deviations)),
    constant('weights', [width, 1], doubles(linear.weights)),
    constant('columnAxis', [1], { type: int64Type, bytes: Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0) }),
    constant('intercept', [1], doubles([linear.intercept])),
    valueInfo(11, 'features', [dimension('n'), dimension(width)]),
    valueInfo(12, 'prediction', [dimension('n')])
  )
  const properties = Object.entries(facts).map(([key, value]) =>
    messageField(14, textField(1, key), textField(2, value))
  )
  const opset = messageField(8, textField(1, ''), integerField(2, opsetVersion))
  return message(integerField(1, irVersion), textField(2, 'millrace'), graph, opset, ...properties)
}

function node(operator: string, inputs: readonly string[], output: string): Field {
  const names = inputs.map(input => textField(1, input))
  return messageField(1, ...names, textField(2, output), textField(3, output), textField(4, operator))
}

/** Elements of a constant, little-endian. */
interface Elements {
  readonly type: number
  readonly bytes: Uint8Array
}

function constant(name: string, shape: readonly number[], { type, bytes }: Elements): Field {
  const dimensions = shape.map(size => integerField(1, size))
  return messageField(5, ...dimensions, integerField(2, type), textField(8, name), bytesField(9, bytes))
}

function valueInfo(field: number, name: string, dimensions: readonly Field[]): Field {
  const shape = messageField(2, ...dimensions)
  const tensor = messageField(1, integerField(1, doubleType), shape)
  return messageField(field, textField(1, name), messageField(2, tensor))
}

/** One of a fixed size, or of any size that is the same wherever it has this name. */
function dimension(size: number | string): Field {
  return messageField(1, typeof size === 'number' ? integerField(1, size) : textField(2, size))
}

function doubles(values: ArrayLike<number>): Elements {
  const bytes = Buffer.alloc(8 * values.length)
  for (let index = 0; index < values.length; index++) bytes.writeDoubleLE(values[index]!, 8 * index)
  return { type: doubleType, bytes }
}
