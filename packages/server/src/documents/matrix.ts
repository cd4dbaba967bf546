import { MillraceError } from '@millrace/common'
import type { ServedVersion } from '@millrace/engine'
import type { NamedTensor, TensorData, TensorSpec } from '@millrace/runtime'
import type { FaultPlace } from '../http/faults.ts'
import { refuse } from './body-reader.ts'

/** Rows of finite numbers out of a request. */
export interface Matrix {
  readonly rows: readonly ArrayLike<number>[]
  /** Where in the request a row is, or a number in it. */
  place(row: number, column?: number): FaultPlace
  /** What to say beside that a row has a wrong length. */
  readonly hint?: string
  /** Made here of what the request says: it is no fault of the request that a model takes something else. */
  readonly isMade?: boolean
}

/**
 * The input of a model that takes one matrix.
 * @throws {HttpError} MILL_REQUEST_INVALID for rows of a wrong or different length, none, or a number that the type of
 *   the model cannot hold
 * @throws {MillraceError} MILL_INPUT_INVALID for a model that takes something else; MILL_UNSUPPORTED where rows that
 *   were made here are not of its length
 */
export function inputOf(served: ServedVersion, matrix: Matrix): NamedTensor {
  const spec = matrixSpec(served)
  const { rows } = matrix
  if (rows.length === 0) refuse({ type: 'too_short', loc: placeOfRows(matrix), msg: 'List should have at least 1 row' })
  const columns = columnsOf(served) ?? rows[0]!.length
  if (columns === 0) refuse({ type: 'too_short', loc: matrix.place(0), msg: 'List should have at least 1 number' })
  for (let row = 0; row < rows.length; row++) {
    if (rows[row]!.length !== columns) refuseLength(served, matrix, row, columns)
  }
  const layout = layouts[spec.datatype]!
  refuseUnheld(spec, layout, matrix)
  return { name: spec.name, datatype: spec.datatype, shape: [rows.length, columns], data: layout.pack(rows, columns) }
}

/** Numbers in a row of a model's input; undefined when any will do. */
export function columnsOf({ inputs, metadata }: ServedVersion): number | undefined {
  const columns = inputs[0]?.shape[1] ?? -1
  if (columns >= 0) return columns
  return metadata.features.length > 0 ? metadata.features.length : undefined
}

function matrixSpec({ model, inputs }: ServedVersion): TensorSpec {
  const [input] = inputs
  if (input !== undefined && inputs.length === 1 && input.shape.length === 2 && input.datatype in layouts) return input
  const taken = inputs.map(({ name, datatype, shape }) => `${name} ${datatype} [${shape.join(', ')}]`).join(', ')
  throw new MillraceError(
    'MILL_INPUT_INVALID',
    `model ${model} takes no single matrix of numbers but ${taken}; ask it at /v2/models/${encodeURIComponent(model)}/infer`,
    { details: { model } }
  )
}

function refuseLength({ model }: ServedVersion, matrix: Matrix, row: number, columns: number): never {
  const got = matrix.rows[row]!.length
  if (matrix.isMade === true) {
    const message = `model ${model} takes rows of ${columns} numbers, and this path makes rows of ${got}`
    throw new MillraceError('MILL_UNSUPPORTED', message, { details: { model } })
  }
  refuse({
    type: got < columns ? 'too_short' : 'too_long',
    loc: matrix.place(row),
    msg: `List should have ${columns} numbers, one for each feature of ${model}, got ${got}${matrix.hint ?? ''}`
  })
}

/** The rows themselves are where their first would be. */
function placeOfRows(matrix: Matrix): FaultPlace {
  return matrix.place(0).slice(0, -1)
}

/** What a type can hold, and how rows of it are laid out one after the other. */
interface Layout {
  holds(value: number): boolean
  pack(rows: Matrix['rows'], columns: number): TensorData
}

const layouts: Readonly<Record<string, Layout>> = {
  FP32: {
    holds: value => Number.isFinite(Math.fround(value)),
    pack: (rows, columns) => packed(rows, columns, new Float32Array(rows.length * columns))
  },
  FP64: { holds: () => true, pack: (rows, columns) => packed(rows, columns, new Float64Array(rows.length * columns)) },
  INT32: {
    holds: value => (value | 0) === value,
    pack: (rows, columns) => packed(rows, columns, new Int32Array(rows.length * columns))
  },
  INT64: {
    holds: Number.isSafeInteger,
    pack: rows => BigInt64Array.from(rows.flatMap(row => Array.from(row, BigInt)))
  }
}

function packed<Packed extends Float32Array | Float64Array | Int32Array>(
  rows: Matrix['rows'],
  columns: number,
  data: Packed
): Packed {
  for (let row = 0; row < rows.length; row++) data.set(rows[row]!, row * columns)
  return data
}

function refuseUnheld({ datatype }: TensorSpec, { holds }: Layout, { rows, place }: Matrix): void {
  for (let row = 0; row < rows.length; row++) {
    const values = rows[row]!
    for (let column = 0; column < values.length; column++) {
      if (holds(values[column]!)) continue
      const msg = `Input should be a number that the model can hold as ${datatype}`
      refuse({ type: 'finite_number', loc: place(row, column), msg, input: values[column] })
    }
  }
}
