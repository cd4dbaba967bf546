import type { InferRequest, ServedVersion } from '@millrace/engine'
import { elementCount, type NamedTensor, type TensorSpec } from '@millrace/runtime'
import { invalid } from './json-fields.ts'
import { tensorFromJson } from './json-tensor.ts'
import type { Table } from './table.ts'
import { tensorOfValue } from './value-tensor.ts'

/** What a request gives of its own to {@link InferRequest}. */
export type AskedInputs = Pick<InferRequest, 'inputs' | 'featureNames'>

/** How strictly columns are taken. */
export interface TableOptions {
  /** Columns that the model does not know are left out, and those of a model that names no features count by position. */
  readonly isDataFrame?: boolean | undefined
}

/**
 * The inputs of a model out of a table: a column for each input by its name; or for a model with one matrix the columns
 * of its features, in the order that its metadata declare; or for a learner all columns as features.
 * @throws {MillraceError} MILL_INPUT_INVALID, naming the columns that are missing or unknown
 */
export function inputsOfTable(served: ServedVersion, table: Table, options: TableOptions = {}): AskedInputs {
  const { inputs, platform, metadata } = served
  if (platform === 'millrace_learner') return learnerInputs(inputs[0]!, table)
  const isByInput = inputs.some(({ name }) => table.names.includes(name))
  const [matrix] = inputs
  if (isByInput || matrix === undefined || inputs.length > 1) return { inputs: columnInputs(inputs, table, options) }
  const features = metadata.features.map(({ name }) => name)
  const wanted = features.length === 0 && options.isDataFrame === true ? table.names : features
  if (wanted.length === 0) throw invalid(`expected the input '${matrix.name}', got ${told(table.names)}`)
  return { inputs: [matrixOf(matrix, table, columnsOf(wanted, table, options))] }
}

/** A learner takes whatever features it is given, or rows of them without names. */
function learnerInputs(matrix: TensorSpec, table: Table): AskedInputs {
  const isMatrix = table.names.length === 1 && table.names[0] === matrix.name && table.rows > 0
  if (isMatrix && Array.isArray(table.cell(0, 0, matrix.datatype))) {
    return { inputs: columnInputs([matrix], table, {}) }
  }
  const all = table.names.map((_, column) => column)
  return { inputs: [matrixOf(matrix, table, all)], featureNames: table.names }
}

function columnInputs(inputs: readonly TensorSpec[], table: Table, options: TableOptions): NamedTensor[] {
  const columns = columnsOf(
    inputs.map(({ name }) => name),
    table,
    options
  )
  return inputs.map((spec, index) => {
    const column = columns[index]!
    const values = Array.from({ length: table.rows }, (_, row) => table.cell(row, column, spec.datatype))
    return tensorOfValue(spec, values)
  })
}

/** Where each wanted column is in the table. */
function columnsOf(wanted: readonly string[], { names }: Table, { isDataFrame = false }: TableOptions): number[] {
  const missing = wanted.filter(name => !names.includes(name))
  if (missing.length > 0) throw invalid(`${told(missing)} missing, got ${told(names)}`)
  const unknown = isDataFrame ? [] : names.filter(name => !wanted.includes(name))
  if (unknown.length > 0) throw invalid(`unknown ${told(unknown)}; the model takes ${told(wanted)}`)
  return wanted.map(name => names.indexOf(name))
}

function matrixOf(
  { name, datatype, shape: wanted }: TensorSpec,
  table: Table,
  columns: readonly number[]
): NamedTensor {
  const data: unknown[] = []
  for (let row = 0; row < table.rows; row++) for (const column of columns) data.push(table.cell(row, column, datatype))
  if (data.some(value => Array.isArray(value))) throw invalid(`each feature of input '${name}' must be one value`)
  // Features may be the elements of an input of more dimensions, such as [n, 1, 4].
  const rest = wanted.slice(1)
  const isKnown = rest.every(size => size > 0) && elementCount(rest) === columns.length
  const shape = isKnown ? [table.rows, ...rest] : [table.rows, columns.length]
  return tensorFromJson({ name, datatype, shape }, data)
}

/** Names of columns, as many as one message can hold. */
function told(names: readonly string[]): string {
  const shown = names.slice(0, 20).map(name => `'${name.slice(0, 60)}'`)
  const more = names.length > shown.length ? `, and ${names.length - shown.length} more` : ''
  return names.length === 0 ? 'nothing' : shown.join(', ') + more
}
