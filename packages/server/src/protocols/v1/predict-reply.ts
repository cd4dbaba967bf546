import type { NamedTensor } from '@millrace/runtime'
import { invalid } from '../json-fields.ts'
import { nestedText, rowTexts } from '../tensor-text.ts'

/** The reply to a request in row form: bare values of the only output, else an object of all outputs for each row. */
export function writeRows(outputs: readonly NamedTensor[], rows: number): string {
  return `{"predictions":[${rowsText(outputs, rows)}]}`
}

/** The reply to a request in column form: the only output, else an object of all outputs. */
export function writeColumns(outputs: readonly NamedTensor[]): string {
  return `{"outputs":${columnsText(outputs)}}`
}

/** All outputs as one JSON value. */
export function columnsText(outputs: readonly NamedTensor[]): string {
  const [output] = outputs
  if (output !== undefined && outputs.length === 1) return nestedText(output)
  return `{${outputs.map(each => `${JSON.stringify(each.name)}:${nestedText(each)}`).join()}}`
}

function rowsText(outputs: readonly NamedTensor[], rows: number): string {
  const columns = outputs.map(output => rowsOf(output, rows))
  const [only] = columns
  return only !== undefined && columns.length === 1 ? only.join() : recordTexts(outputs, columns).join()
}

/** An object of all outputs for each row. */
export function recordsText(outputs: readonly NamedTensor[], rows: number): string {
  const columns = outputs.map(output => rowsOf(output, rows))
  return recordTexts(outputs, columns).join()
}

function recordTexts(outputs: readonly NamedTensor[], columns: readonly string[][]): string[] {
  const keys = outputs.map(({ name }) => JSON.stringify(name))
  return (columns[0] ?? []).map((_, row) => `{${keys.map((key, at) => `${key}:${columns[at]![row]}`).join()}}`)
}

function rowsOf(output: NamedTensor, rows: number): string[] {
  if (output.shape[0] === rows) return rowTexts(output)
  const shape = `[${output.shape.join(',')}]`
  throw invalid(
    `output '${output.name}' of shape ${shape} is not one for each of ${rows} rows; ask with 'inputs' instead of rows`
  )
}
