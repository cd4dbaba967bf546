import type { NamedTensor } from '@millrace/runtime'
import type { InferReply } from '../serving/model-server.ts'

/**
 * What was predicted, where it is just one number or class: for the ledger, which labels are held against. Costs a look at
 * the names of the outputs.
 * @returns undefined for several rows, and for outputs with several elements
 */
export function singlePrediction({ outputs, served }: InferReply): number | string | undefined {
  const output = predictionAmong(outputs, served.metadata.outputs.prediction)
  if (output === undefined || output.data.length !== 1) return undefined
  const value = output.data[0]!
  // FP16 comes as bits, which are no number.
  if (typeof value !== 'number') return typeof value === 'bigint' ? Number(value) : value
  return output.datatype === 'FP16' ? undefined : value
}

function predictionAmong(outputs: readonly NamedTensor[], name: string | undefined): NamedTensor | undefined {
  if (name === undefined) return outputs[0]
  for (const output of outputs) if (output.name === name) return output
  return undefined
}
