import { arrayTypes, type NamedTensor, type TensorSpec } from '@millrace/runtime'
import type { InferRequest } from './model-server.ts'
import type { ServedVersion } from './served-version.ts'

/** What a version is asked, by names of inputs and outputs. */
export type Question = Pick<InferRequest, 'inputs' | 'outputs' | 'featureNames'>

/** Types that numbers can be put into without asking whether they fit. */
const floats = new Set(['FP32', 'FP64'])

/**
 * A question that was made for one version, as another understands it that takes part in the same experiment:
 * - A single input of numbers goes to the single input of the other version, whatever they are called, and becomes FP32 or
 *   FP64 where that is wanted. Several inputs stay as they are.
 * - The columns of a learner are called what the metadata of the first version call them, unless the request names them;
 *   named columns come in the order in which the metadata of an ONNX version have them.
 * - Of the outputs that are wanted by name, the prediction of one stands for that of the other, and where both have as many
 *   outputs each for the one at the same place. What has no counterpart is asked for as it is, and refused.
 *
 * @param made what the question was made for
 * @returns the same question where there is nothing to do
 */
export function adaptQuestion(question: Question, version: ServedVersion, made: ServedVersion): Question {
  if (version === made || isUnderstood(question, version)) return question
  const inputs = adaptInputs(question, version, made)
  const outputs = question.outputs?.map(name => outputFor(name, version, made))
  const featureNames = columnNames(inputs, question, version, made)
  return { inputs, outputs, featureNames }
}

/** Outputs by the names by which they were asked for. */
export function underNames(
  outputs: readonly NamedTensor[],
  wanted: readonly string[] | undefined
): readonly NamedTensor[] {
  if (wanted === undefined || wanted.length !== outputs.length) return outputs
  return outputs.map((output, index) => (output.name === wanted[index] ? output : { ...output, name: wanted[index]! }))
}

/** Whether a version needs no adapted question, as is so for nearly all: a few comparisons. */
export function isUnderstood({ inputs, outputs, featureNames }: Question, version: ServedVersion): boolean {
  if (isLearner(version) || featureNames !== undefined) return false
  const [input, spec] = [inputs[0], version.inputs[0]]
  const isOne = inputs.length === 1 && version.inputs.length === 1
  if (isOne && (input!.name !== spec!.name || input!.datatype !== spec!.datatype)) return false
  return outputs === undefined || outputs.every(name => version.outputs.some(output => output.name === name))
}

function adaptInputs(question: Question, version: ServedVersion, made: ServedVersion): readonly NamedTensor[] {
  const { inputs, featureNames } = question
  const [input, spec] = [inputs[0], version.inputs[0]]
  if (input === undefined || spec === undefined || inputs.length > 1 || version.inputs.length > 1) return inputs
  if (input.datatype === 'BYTES' || input.shape.length !== spec.shape.length) return inputs
  const isMadeSo = made.inputs.some(
    ({ name, datatype }) => name === input.name && (datatype === input.datatype || isLearner(made))
  )
  if (!isMadeSo) return inputs
  const named = { ...input, name: spec.name }
  if (isLearner(version)) return [named]
  const columns = version.metadata.features.map(({ name }) => name)
  return [inOrder(converted(named, spec), featureNames ?? columns, columns)]
}

/** As the element type that is wanted; bits of FP16 and whole numbers stay as they are. */
function converted(input: NamedTensor, { datatype }: TensorSpec): NamedTensor {
  const isNumeric = input.datatype !== 'FP16' && input.datatype !== 'BYTES'
  if (input.datatype === datatype || !isNumeric || !floats.has(datatype)) return input
  const numbers = Array.from(input.data as ArrayLike<number | bigint>, Number)
  return { ...input, datatype, data: arrayTypes[datatype as 'FP32' | 'FP64'].from(numbers) }
}

/** With its columns, which have these names, in the order wanted, if it has all of them and no others. */
function inOrder(input: NamedTensor, names: readonly string[], wanted: readonly string[]): NamedTensor {
  const [rows, width] = input.shape as [number, number]
  const order = wanted.map(name => names.indexOf(name))
  if (input.shape.length !== 2 || width !== names.length || width !== wanted.length || order.includes(-1)) return input
  if (order.every((from, to) => from === to)) return input
  const data = (input.data as Float64Array).slice()
  for (let row = 0; row < rows; row++) {
    for (let to = 0; to < width; to++) data[row * width + to] = input.data[row * width + order[to]!] as number
  }
  return { ...input, data }
}

function columnNames(
  inputs: readonly NamedTensor[],
  { featureNames }: Question,
  version: ServedVersion,
  made: ServedVersion
): readonly string[] | undefined {
  if (!isLearner(version)) return undefined
  if (featureNames !== undefined || inputs.length !== 1 || inputs[0]!.name !== version.inputs[0]?.name)
    return featureNames
  const names = made.metadata.features.map(({ name }) => name)
  return names.length > 0 && names.length === inputs[0]!.shape[1] ? names : undefined
}

function outputFor(name: string, version: ServedVersion, made: ServedVersion): string {
  if (version.outputs.some(output => output.name === name)) return name
  const { prediction } = version.metadata.outputs
  if (prediction !== undefined && name === made.metadata.outputs.prediction) return prediction
  const place = made.outputs.findIndex(output => output.name === name)
  const isSameForm = version.outputs.length === made.outputs.length
  return (isSameForm ? version.outputs[place]?.name : undefined) ?? name
}

function isLearner({ platform }: ServedVersion): boolean {
  return platform === 'millrace_learner'
}
