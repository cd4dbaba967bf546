import { MillraceError } from '@millrace/common'
import type { InferParameter, InferParameters, InferRequestedOutputTensor } from './messages.ts'

/**
 * Parameters as they are in JSON: texts, numbers and truth values by name; undefined when there are none. Integers lose
 * what a number cannot hold.
 */
export function parameterValues(parameters: InferParameters): Record<string, unknown> | undefined {
  const entries = Object.entries(parameters)
  if (entries.length === 0) return undefined
  return Object.fromEntries(entries.map(([name, parameter]) => [name, valueOf(parameter)]))
}

function valueOf(parameter: InferParameter): string | number | boolean | undefined {
  const { bool_param, string_param, double_param, int64_param, uint64_param } = parameter
  const integer = int64_param ?? uint64_param
  return bool_param ?? string_param ?? double_param ?? (integer === undefined ? undefined : Number(integer))
}

/**
 * How many of the highest elements are wanted in place of an output; undefined for the output itself.
 * @throws {MillraceError} MILL_INPUT_INVALID for anything but a whole number from 0 on, MILL_UNSUPPORTED for shared memory
 */
export function classesIn({ name, parameters }: InferRequestedOutputTensor): number | undefined {
  if (parameters['shared_memory_region'] !== undefined) {
    throw new MillraceError('MILL_UNSUPPORTED', `shared memory, which output '${name}' names, is not supported`)
  }
  const { classification } = parameters
  if (classification === undefined) return undefined
  const classes = valueOf(classification)
  if (classes === 0) return undefined
  if (typeof classes === 'number' && Number.isInteger(classes) && classes > 0) return classes
  throw new MillraceError('MILL_INPUT_INVALID', `'classification' of output '${name}' must be a whole number from 0 on`)
}
