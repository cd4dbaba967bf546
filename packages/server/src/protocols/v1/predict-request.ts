import type { ServedVersion } from '@millrace/engine'
import type { TensorSpec } from '@millrace/runtime'
import { invalid, isObject, type JsonObject } from '../json-fields.ts'
import { tableOfColumns, tableOfRecords } from '../table.ts'
import { type AskedInputs, inputsOfTable } from '../table-inputs.ts'
import { isBase64, tensorOfValue } from '../value-tensor.ts'

/** A request to predict, read for the version that is to answer it. */
export interface PredictQuestion extends AskedInputs {
  /** Instances of a request in row form; undefined for one in column form. */
  readonly rows: number | undefined
}

const signatures: ReadonlySet<unknown> = new Set([undefined, null, '', 'serving_default'])

/**
 * Reads a request of TensorFlow Serving: `instances` in row form, or `inputs` in column form. Instances of a model with
 * one matrix may be objects with the features that its metadata declare, and those of a learner with any features.
 * @throws {MillraceError} MILL_INPUT_INVALID
 */
export function readPredictRequest(value: unknown, served: ServedVersion): PredictQuestion {
  if (!isObject(value)) throw invalid('the request must be a JSON object')
  const { instances, inputs, signature_name: signature } = value
  if (!signatures.has(signature))
    throw invalid(`there is no signature ${JSON.stringify(signature)}: models have one, serving_default`)
  if (instances !== undefined && inputs !== undefined)
    throw invalid("the request must not have both 'instances' and 'inputs'")
  if (instances !== undefined) return readRows(instances, served)
  if (inputs !== undefined) return { ...readColumns(inputs, served), rows: undefined }
  throw invalid("the request must have 'instances' or 'inputs'")
}

function readRows(instances: unknown, served: ServedVersion): PredictQuestion {
  if (!Array.isArray(instances) || instances.length === 0) throw invalid("'instances' must be a list that is not empty")
  const rows = instances.length
  const [first] = instances as unknown[]
  if (isObject(first) && !isBase64(first)) return { ...inputsOfTable(served, tableOfRecords(instances)), rows }
  return { inputs: [tensorOfValue(onlyInput(served, 'each instance must be an object'), instances)], rows }
}

function readColumns(inputs: unknown, served: ServedVersion): AskedInputs {
  if (!isObject(inputs) || isBase64(inputs)) {
    return { inputs: [tensorOfValue(onlyInput(served, "'inputs' must be an object"), inputs)] }
  }
  const isByInput = served.inputs.some(({ name }) => name in inputs)
  if (isByInput) return { inputs: namedTensors(inputs, served.inputs) }
  const table = tableOfColumns(inputs)
  if (table === undefined) throw invalid("'inputs' must have a list for each feature")
  return inputsOfTable(served, table)
}

function namedTensors(given: JsonObject, specs: readonly TensorSpec[]): AskedInputs['inputs'] {
  const unknown = Object.keys(given).find(name => !specs.some(spec => spec.name === name))
  if (unknown !== undefined) throw invalid(`unexpected inference input '${unknown}'`)
  return specs.map(spec => {
    if (Object.hasOwn(given, spec.name)) return tensorOfValue(spec, given[spec.name])
    throw invalid(`input '${spec.name}' is missing`)
  })
}

function onlyInput({ inputs, model }: ServedVersion, otherwise: string): TensorSpec {
  const [input] = inputs
  if (input !== undefined && inputs.length === 1) return input
  throw invalid(`model '${model}' has ${inputs.length} inputs, so ${otherwise} with their names`)
}
