import { MillraceError } from '@millrace/common'
import type { TensorSpec } from './tensor.ts'

/** Turns names of outputs into their indices. */
export type OutputChoice = (names: readonly string[] | undefined) => readonly number[]

/**
 * Built once for each model. All outputs are meant by no names, and by an empty list. The returned function throws
 * {@link MillraceError} MILL_INPUT_INVALID for a name that is unknown, or there twice.
 * @param label model and version, for messages
 */
export function outputChoice(specs: readonly TensorSpec[], label: string): OutputChoice {
  const all = specs.map((_, index) => index)
  const indices = new Map(specs.map(({ name }, index) => [name, index]))
  const indexOf = (name: string, position: number, names: readonly string[]): number => {
    const index = indices.get(name)
    if (index === undefined) throw invalid(`unexpected inference output '${name}' for model '${label}'`)
    if (names.indexOf(name) !== position) throw invalid(`output '${name}' is wanted twice from model '${label}'`)
    return index
  }
  return names => (names === undefined || names.length === 0 ? all : names.map(indexOf))
}

const invalid = (message: string): MillraceError => new MillraceError('MILL_INPUT_INVALID', message)
