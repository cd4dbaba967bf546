import type { ServedVersion } from '@millrace/engine'
import { elementCount, type NamedTensor } from '@millrace/runtime'
import { elementList, halves } from '../tensor-text.ts'
import { invalid } from '../json-fields.ts'

/**
 * Triton's classification extension: in place of an output, the highest `classes` elements of each row, highest first, as
 * texts `value:index` or `value:index:label`. NaN comes last, and of equal elements the first comes first.
 * @returns BYTES of shape `[rows, k]`, `[k]` for a model without batches; `k` is at most the elements of a row
 * @throws {MillraceError} MILL_INPUT_INVALID for an output that holds texts
 */
export function classify(output: NamedTensor, classes: number, served: ServedVersion): NamedTensor {
  const { name, datatype, shape, data } = output
  if (datatype === 'BYTES') throw invalid(`classification of output '${name}' is not possible: its type is BYTES`)
  const isBatch = served.maxBatchRows > 1 && shape.length > 0
  const rows = isBatch ? shape[0]! : 1
  const width = isBatch ? elementCount(shape.slice(1)) : elementCount(shape)
  const kept = Math.min(classes, width)
  const texts = elementList(output)
  const values = datatype === 'FP16' ? halves(data as Uint16Array) : (data as Float32Array)
  const labels = labelsOf(name, width, served)
  const found: string[] = []
  for (let row = 0; row < rows; row++) {
    for (const index of highest(values.subarray(row * width, (row + 1) * width), kept)) {
      const label = labels?.[index]
      found.push(`${texts[row * width + index]}:${index}${label === undefined ? '' : `:${label}`}`)
    }
  }
  return { name, datatype: 'BYTES', shape: isBatch ? [rows, kept] : [kept], data: found }
}

/** Positions of the highest values, of BigInt or number, highest first. */
function highest(values: Float16Array | Float32Array, count: number): number[] {
  return Array.from(values.keys())
    .toSorted((one, other) => descending(values[one]!, values[other]!))
    .slice(0, count)
}

function descending(one: number, other: number): number {
  if (one > other) return -1
  if (one < other) return 1
  return Number(Number.isNaN(one)) - Number(Number.isNaN(other))
}

/** Names in the file of the model, or those of its metadata where they are as many as the elements of a row. */
function labelsOf(
  output: string,
  width: number,
  { classLabels, metadata }: ServedVersion
): readonly string[] | undefined {
  const labels = classLabels.get(output) ?? metadata.classNames
  return labels.length === width ? labels : undefined
}
