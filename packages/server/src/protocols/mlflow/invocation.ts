import { isUtf8 } from 'node:buffer'
import type { ServedVersion } from '@millrace/engine'
import type { NamedTensor } from '@millrace/runtime'
import { invalid, isObject, type JsonObject } from '../json-fields.ts'
import { type Introduction, introductionOf } from '../asker-fields.ts'
import { jsonReader } from '../json-text.ts'
import type { Table } from '../table.ts'
import { type AskedInputs, inputsOfTable } from '../table-inputs.ts'
import { columnsText, recordsText } from '../v1/predict-reply.ts'
import { nestedText } from '../tensor-text.ts'
import { readPredictRequest } from '../v1/predict-request.ts'
import { tableOfCsv, tableOfFrameRecords, tableOfSplit } from './data-frame.ts'

/** A body that MLflow's scoring server takes, before it is known which version is to answer it. */
export interface UnreadInvocation {
  /** What it says of who asks: in `params`, which CSV has not. */
  readonly introduction: Introduction
  /** @throws {MillraceError} MILL_INPUT_INVALID */
  read(served: ServedVersion): Invocation
}

/** A body, read for the version that is to answer it. */
export interface Invocation extends AskedInputs {
  /** Rows of a data frame; undefined for tensors. */
  readonly rows: number | undefined
}

const forms = ['dataframe_split', 'dataframe_records', 'instances', 'inputs'] as const

/** @throws {MillraceError} MILL_INPUT_INVALID */
export function csvInvocation(body: Buffer): UnreadInvocation {
  if (!isUtf8(body)) throw invalid('the CSV is not valid UTF-8')
  const table = tableOfCsv(body.toString('utf8'))
  return { introduction: introductionOf(undefined), read: served => ofFrame(table, served) }
}

/**
 * Reads JSON with exactly one of `dataframe_split`, `dataframe_records`, `instances` and `inputs`.
 * @throws {HttpError} MILL_JSON_INVALID
 * @throws {MillraceError} MILL_INPUT_INVALID
 */
export function jsonInvocation(body: Buffer): UnreadInvocation {
  const reader = jsonReader(body)
  const introduction = reader(value => {
    if (!isObject(value)) throw invalid(`the body must be a JSON object with one of ${forms.join(', ')}`)
    return introductionOf(value['params'])
  })
  return { introduction, read: served => reader(value => readForm(value as JsonObject, served)) }
}

function readForm(value: JsonObject, served: ServedVersion): Invocation {
  const form = formOf(value)
  const given = value[form]
  if (form === 'dataframe_split') return ofFrame(tableOfSplit(given), served)
  if (form === 'dataframe_records') return ofFrame(tableOfFrameRecords(given), served)
  const { inputs, featureNames } = readPredictRequest({ [form]: given }, served)
  return { inputs, featureNames, rows: undefined }
}

/**
 * The reply: for a data frame bare values of the only output, else an object of all outputs for each row, as pandas writes
 * records; for tensors the only output, else an object of all.
 */
export function writePredictions(outputs: readonly NamedTensor[], rows: number | undefined): string {
  const [only] = outputs
  if (rows === undefined) return `{"predictions":${columnsText(outputs)}}`
  if (only !== undefined && outputs.length === 1) return `{"predictions":${nestedText(only)}}`
  return `{"predictions":[${recordsText(outputs, rows)}]}`
}

function ofFrame(table: Table, served: ServedVersion): Invocation {
  return { ...inputsOfTable(served, table, { isDataFrame: true }), rows: table.rows }
}

function formOf(value: JsonObject): (typeof forms)[number] {
  const given = forms.filter(form => Object.hasOwn(value, form))
  const [form] = given
  if (form !== undefined && given.length === 1) return form
  const got = given.length === 0 ? 'none of them' : given.join(' and ')
  throw invalid(`the body must have exactly one of ${forms.join(', ')}; got ${got}`)
}
