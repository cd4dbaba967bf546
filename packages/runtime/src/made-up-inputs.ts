import { zeros } from './array-types.ts'
import { type Datatype, elementCount, type Tensor, type TensorData, type TensorSpec } from './tensor.ts'

/** Makes inputs of as many rows as asked for, equal for equal arguments; the rows differ. */
export type InputMaker = (rows: number) => Tensor[]

type Value = number | bigint | string

/**
 * Inputs for a model that nobody has asked yet, from its shapes.
 * @param size of dimensions that may have any, but for the first, which holds the rows
 * @param spread 1 for floats from -2 to 2 and integers from 0 to 3; 0 for zeros only
 */
export function madeUpInputs(specs: readonly TensorSpec[], size: number, spread: number): InputMaker {
  return rows => {
    const random = generator()
    return specs.map(({ datatype, shape }) => {
      const sizes = shape.map((wanted, index) => (wanted !== -1 ? wanted : index === 0 ? rows : size))
      const data = filled(datatype, elementCount(sizes), () => madeUpValue(datatype, (random() - 0.5) * spread))
      return { datatype, shape: sizes, data }
    })
  }
}

/**
 * Rows like an example: its floats are varied by up to a tenth, all else is repeated.
 * @param example one row
 */
export function likeExample(example: readonly Tensor[]): InputMaker {
  return rows => {
    const random = generator()
    return example.map(({ datatype, shape, data }) => {
      const isReal = datatype === 'FP32' || datatype === 'FP64'
      const vary = (value: Value): Value => (isReal ? Number(value) * (0.9 + random() / 5) : value)
      const repeated = filled(datatype, data.length * rows, index => vary(data[index % data.length]!))
      return { datatype, shape: [rows, ...shape.slice(1)], data: repeated }
    })
  }
}

function filled(datatype: Datatype, length: number, valueAt: (index: number) => Value): TensorData {
  if (datatype === 'BYTES') return Array.from({ length }, (_, index) => String(valueAt(index)))
  const array = zeros(datatype, length)
  for (let index = 0; index < length; index++) array[index] = valueAt(index) as number | bigint
  return array as unknown as TensorData
}

/** Half-precision numbers -2, -1, 0, 0.5 and 1. */
const halves = [0xc000, 0xbc00, 0, 0x3800, 0x3c00] as const

/** @param place from -0.5 to 0.5 */
function madeUpValue(datatype: Datatype, place: number): Value {
  const whole = Math.trunc((place + Math.abs(place)) * 4)
  if (datatype === 'FP32' || datatype === 'FP64') return place * 4
  if (datatype === 'FP16') return halves[Math.trunc(place * 5) + 2]!
  if (datatype === 'INT64' || datatype === 'UINT64') return BigInt(whole)
  return datatype === 'BOOL' ? Math.min(1, whole) : whole
}

/**
 * Numbers in [0, 1), the same at every call: a made-up input must not make a load succeed today and fail tomorrow.
 * @see Press et al., Numerical Recipes, section 7.1.4: a linear congruential generator
 */
function generator(): () => number {
  let state = 1
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
