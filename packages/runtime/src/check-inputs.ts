import { MillraceError } from '@millrace/common'
import { isArrayOf } from './array-types.ts'
import { elementCount, type NamedTensor, type Tensor, type TensorSpec } from './tensor.ts'

/** Puts the inputs of requests in the order of the model. Built once for each model. */
export type InputCheck = (inputs: readonly NamedTensor[]) => Tensor[]

/**
 * A check of inputs against a model's specification, in the words of Triton. O(dimensions), and O(elements) for BYTES.
 * The returned check throws {@link MillraceError} MILL_INPUT_INVALID.
 * @param label model and version, for messages
 */
export function inputCheck(specs: readonly TensorSpec[], label: string): InputCheck {
  const indices = new Map(specs.map(({ name }, index) => [name, index]))
  return inputs => {
    const ordered: (Tensor | undefined)[] = specs.map(() => undefined)
    for (const input of inputs) {
      const index = indices.get(input.name)
      if (index === undefined) throw invalid(`unexpected inference input '${input.name}' for model '${label}'`)
      if (ordered[index] !== undefined) throw invalid(`input '${input.name}' is given twice for model '${label}'`)
      checkTensor(specs[index]!, input, label)
      ordered[index] = input
    }
    if (inputs.length !== specs.length) throw missing(specs, ordered, label)
    return ordered as Tensor[]
  }
}

function checkTensor(spec: TensorSpec, { datatype, shape, data }: Tensor, label: string): void {
  if (datatype !== spec.datatype) {
    const wanted = `data-type for model is ${spec.datatype}`
    throw invalid(`inference input '${spec.name}' data-type is '${datatype}', but '${label}' ${wanted}`)
  }
  if (!matches(spec.shape, shape)) {
    const shapes = `Expected ${shapeText(spec.shape)}, got ${shapeText(shape)}`
    throw invalid(`unexpected shape for input '${spec.name}' for model '${label}'. ${shapes}`)
  }
  if (!isArrayOf(datatype, data)) {
    throw invalid(
      `input '${spec.name}' for model '${label}' must hold its ${datatype} elements in the array of that type`
    )
  }
  if (data.length !== elementCount(shape)) {
    const counts = `has ${data.length} elements, but shape ${shapeText(shape)} has ${elementCount(shape)}`
    throw invalid(`input '${spec.name}' for model '${label}' ${counts}`)
  }
  if (datatype === 'BYTES') checkTexts(spec.name, data as readonly string[], label)
}

function matches(wanted: readonly number[], got: readonly number[]): boolean {
  if (wanted.length !== got.length) return false
  for (let index = 0; index < wanted.length; index++) {
    const size = got[index]!
    if (wanted[index] === -1 ? !isSize(size) : wanted[index] !== size) return false
  }
  return true
}

/** The native library takes sizes as 32 bits. */
const isSize = (size: number): boolean => Number.isInteger(size) && size >= 0 && size <= 0xff_ff_ff_ff

const shapeText = (shape: readonly number[]): string => `[${shape.join(',')}]`

/** The native library would cut a text at a NUL, and write U+FFFD for what is not UTF-16. */
function checkTexts(name: string, texts: readonly string[], label: string): void {
  for (const [index, text] of texts.entries()) {
    if (typeof text !== 'string') throw invalid(`input '${name}' for model '${label}': element ${index} is not a text`)
    if (text.includes('\0')) {
      throw invalid(
        `input '${name}' for model '${label}': element ${index} holds a NUL character, which ONNX texts cannot`
      )
    }
    if (!text.isWellFormed())
      throw invalid(`input '${name}' for model '${label}': element ${index} is not valid Unicode`)
  }
}

function missing(specs: readonly TensorSpec[], given: readonly unknown[], label: string): MillraceError {
  const names = specs.filter((_, index) => given[index] === undefined).map(({ name }) => `'${name}'`)
  const got = specs.length - names.length
  return invalid(
    `expected ${specs.length} inputs but got ${got} inputs for model '${label}'. Missing ${names.join(', ')}`
  )
}

const invalid = (message: string): MillraceError => new MillraceError('MILL_INPUT_INVALID', message)
