import { MillraceError } from '@millrace/common'
import type { NamedTensor } from '@millrace/runtime'
import { decodeRawTensor, type RawInput } from '../protocols/raw-tensor.ts'
import type { InferInputTensor, ModelInferRequest } from './messages.ts'
import { readTypedContents } from './typed-contents.ts'

/**
 * The inputs of a request, whose elements are either all raw or all in fields of their types.
 * @throws {MillraceError} MILL_INPUT_INVALID for both together, or elements that do not fit type and shape;
 *   MILL_UNSUPPORTED for shared memory
 */
export function readInputs({ inputs, raw_input_contents: raw }: ModelInferRequest): NamedTensor[] {
  if (raw.length === 0) return inputs.map(input => readTypedContents(rawInput(input), input.contents))
  if (raw.length !== inputs.length) {
    throw new MillraceError(
      'MILL_INPUT_INVALID',
      `raw_input_contents must have one entry for each of the ${inputs.length} inputs, got ${raw.length}`
    )
  }
  return inputs.map((input, index) => decodeRawTensor(withoutContents(input), raw[index]!))
}

function rawInput({ name, datatype, shape, parameters }: InferInputTensor): RawInput {
  if (parameters['shared_memory_region'] !== undefined) {
    throw new MillraceError('MILL_UNSUPPORTED', `shared memory, which input '${name}' names, is not supported`)
  }
  return { name, datatype, shape: shape.map(Number) }
}

function withoutContents(input: InferInputTensor): RawInput {
  const { name, contents } = input
  if (contents === null || Object.values(contents).every(elements => elements.length === 0)) return rawInput(input)
  throw new MillraceError(
    'MILL_INPUT_INVALID',
    `contents field must not be specified when using raw_input_contents for '${name}'`
  )
}
