import { MillraceError } from '@millrace/common'
import type { NamedTensor } from '@millrace/runtime'
import { unitIdIn } from '../asker-fields.ts'
import { readJson, unusualNumber } from '../json-text.ts'
import { tensorFromJson } from '../json-tensor.ts'
import { decodeRawTensor } from '../raw-tensor.ts'
import { type InferOptions, readOptions } from './infer-parameters.ts'
import { invalid, isObject, type JsonObject, listIn, objectIn, textIn } from '../json-fields.ts'

/** An output that a request asks for. */
export interface RequestedOutput {
  readonly name: string
  /** Its elements as bytes after the JSON; undefined for what the request says of all outputs. */
  readonly isBinary: boolean | undefined
  /** So many of the highest elements of each row, as texts, in place of the output; undefined for the output itself. */
  readonly classes: number | undefined
}

/** A request to infer, read and checked as far as that goes without the model. */
export interface InferQuestion {
  readonly id: string | undefined
  /** Who asks, where the request says so. */
  readonly unitId: string | undefined
  readonly inputs: readonly NamedTensor[]
  /** Undefined for all outputs of the model. */
  readonly outputs: readonly RequestedOutput[] | undefined
  /** Whether outputs come as bytes that are not asked for in another way. */
  readonly isBinary: boolean
  readonly options: InferOptions
}

/**
 * Reads a request of the Open Inference Protocol with Triton's binary tensors. Fields unknown here are passed over.
 * @param body JSON, then the bytes of binary inputs back to back
 * @param headerLength bytes of the JSON
 * @throws {HttpError} MILL_JSON_INVALID
 * @throws {MillraceError} MILL_INPUT_INVALID, or MILL_UNSUPPORTED for parameters that Millrace does not have
 */
export function readInferRequest(body: Buffer, headerLength: number = body.length): InferQuestion {
  const json = headerLength === body.length ? body : body.subarray(0, headerLength)
  return readJson(json, value => readQuestion(value, new BinaryPart(body, headerLength)))
}

function readQuestion(value: unknown, bytes: BinaryPart): InferQuestion {
  if (!isObject(value)) throw invalid('the request must be a JSON object')
  const parameters = objectIn(value, 'parameters', 'the request')
  const list = listIn(value, 'inputs', 'the request')
  if (list === undefined) throw invalid("the request must have a list 'inputs'")
  const inputs: NamedTensor[] = []
  for (const input of list) inputs.push(readInput(input, bytes))
  bytes.mustBeEmpty()
  const outputs = listIn(value, 'outputs', 'the request')
  return {
    id: idIn(value),
    unitId: parameters && unitIdIn(parameters),
    inputs,
    outputs: outputs === undefined || outputs.length === 0 ? undefined : outputs.map(readOutput),
    isBinary: booleanIn(parameters, 'binary_data_output') ?? false,
    options: readOptions(parameters)
  }
}

/** Some clients number their requests. */
function idIn({ id }: JsonObject): string | undefined {
  if (id === undefined || id === null || id === '') return undefined
  if (typeof id === 'string') return unusualNumber(id) ?? id
  if (typeof id === 'number') return String(id)
  throw invalid("'id' of the request must be a text")
}

function readInput(value: unknown, bytes: BinaryPart): NamedTensor {
  if (!isObject(value)) throw invalid('each input must be an object')
  const name = textIn(value, 'name', 'an input')
  const where = `input '${name}'`
  const shape = listIn(value, 'shape', where)
  if (shape === undefined) throw invalid(`${where} must have a list 'shape'`)
  const input = { name, datatype: textIn(value, 'datatype', where), shape: shape as number[] }
  const parameters = objectIn(value, 'parameters', where)
  if (parameters === undefined) return tensorFromJson(input, value['data'])
  refuseSharedMemory(parameters, where)
  const size = parameters['binary_data_size']
  if (size !== undefined) return decodeRawTensor(input, bytes.take(size, name, value['data']))
  return tensorFromJson(input, value['data'], { isBase64: parameters['content_type'] === 'base64' })
}

function readOutput(value: unknown): RequestedOutput {
  if (!isObject(value)) throw invalid('each requested output must be an object')
  const name = textIn(value, 'name', 'a requested output')
  const where = `requested output '${name}'`
  const parameters = objectIn(value, 'parameters', where)
  if (parameters === undefined) return { name, isBinary: undefined, classes: undefined }
  refuseSharedMemory(parameters, where)
  return { name, isBinary: booleanIn(parameters, 'binary_data'), classes: classesIn(parameters, where) }
}

function classesIn({ classification }: JsonObject, where: string): number | undefined {
  if (classification === undefined || classification === 0) return undefined
  if (typeof classification === 'number' && Number.isInteger(classification) && classification > 0) {
    return classification
  }
  throw invalid(`'classification' of ${where} must be a whole number from 0 on`)
}

function booleanIn(parameters: JsonObject | undefined, key: string): boolean | undefined {
  const value = parameters?.[key]
  if (value === undefined || typeof value === 'boolean') return value
  throw invalid(`the parameter '${key}' must be true or false`)
}

function refuseSharedMemory(parameters: JsonObject, where: string): void {
  if (parameters['shared_memory_region'] === undefined) return
  throw new MillraceError('MILL_UNSUPPORTED', `shared memory, which ${where} names, is not supported`)
}

/** The bytes after the JSON, from which each binary input takes its part. */
class BinaryPart {
  readonly #body: Buffer
  #at: number

  constructor(body: Buffer, at: number) {
    this.#body = body
    this.#at = at
  }

  take(size: unknown, name: string, data: unknown): Buffer {
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
      throw invalid(`'binary_data_size' of input '${name}' must be a whole number of bytes`)
    }
    if (Array.isArray(data) && data.length > 0) {
      throw invalid(`input '${name}' must not have both 'data' and 'binary_data_size'`)
    }
    const end = this.#at + size
    const missing = end - this.#body.length
    if (missing > 0) {
      throw invalid(`unexpected end of the input for input '${name}', expecting ${missing} additional bytes`)
    }
    const bytes = this.#body.subarray(this.#at, end)
    this.#at = end
    return bytes
  }

  mustBeEmpty(): void {
    const surplus = this.#body.length - this.#at
    if (surplus > 0) throw invalid(`unexpected additional input data: ${surplus} bytes after the last binary input`)
  }
}
