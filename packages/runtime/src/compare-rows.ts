import type { Tensor } from './tensor.ts'

/**
 * How far floats may differ between a row alone and the same row in a batch, as a part of the largest of them:
 * matrices of other sizes are multiplied in another order.
 */
const tolerance = { FP32: 2e-5, FP64: 1e-9, FP16: 4e-3 }

/**
 * How a row of an output of a batch differs from what the row gives alone; undefined where it does not.
 * @param together the output of the batch
 * @param alone the output of row `row` alone
 * @param rows of the batch
 */
export function rowsThatDiffer(together: Tensor, alone: Tensor, row: number, rows: number): string | undefined {
  if (together.shape[0] !== rows) return `has ${together.shape[0]} rows for a batch of ${rows}`
  if (alone.shape[0] !== 1) return `has ${alone.shape[0]} rows for a batch of one`
  const length = together.data.length / rows
  if (alone.data.length !== length) return 'has other sizes in a batch'
  const values = numbersOf(together)
  const own = numbersOf(alone)
  const isEqual = equality(together, values)
  for (let index = 0; index < length; index++) {
    if (!isEqual(values[row * length + index], own[index])) return 'of a row depends on the other rows'
  }
  return undefined
}

type Values = ArrayLike<number | bigint | string>

function equality({ datatype }: Tensor, values: Values): (one: unknown, other: unknown) => boolean {
  if (datatype !== 'FP32' && datatype !== 'FP64' && datatype !== 'FP16') return (one, other) => one === other
  const margin = tolerance[datatype] * largest(values)
  return (one, other) => Object.is(one, other) || Math.abs(Number(one) - Number(other)) <= margin
}

function largest(values: Values): number {
  let most = 0
  for (let index = 0; index < values.length; index++) {
    const size = Math.abs(Number(values[index]))
    if (size > most && Number.isFinite(size)) most = size
  }
  return most
}

/** Half-precision numbers come as their bits. */
const numbersOf = ({ datatype, data }: Tensor): Values =>
  datatype === 'FP16' ? Array.from(data as Uint16Array, halfOf) : data

/** @see IEEE 754-2019, section 3.4, format binary16 */
function halfOf(bits: number): number {
  const sign = bits & 0x80_00 ? -1 : 1
  const exponent = (bits >>> 10) & 0x1f
  const fraction = bits & 0x3_ff
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
