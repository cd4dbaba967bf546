import type { InferReply } from '../serving/model-server.ts'
import type { ServedVersion } from '../serving/served-version.ts'

/**
 * What was predicted, where it is just one number or class: for the ledger, which labels are held against. Costs a look at
 * the names of the outputs.
 * @returns undefined for several rows, for outputs with several elements, and for a number that is not finite
 */
export function singlePrediction({ outputs, served }: InferReply): number | string | undefined {
  const output = predictionAmong(outputs, served.metadata.outputs.prediction)
  if (output === undefined || output.data.length !== 1) return undefined
  const value = output.data[0]!
  // FP16 comes as bits, which are no number.
  if (typeof value !== 'number') return typeof value === 'bigint' ? Number(value) : value
  return output.datatype === 'FP16' || !Number.isFinite(value) ? undefined : value
}

/** Which metric tells how good the predictions of a version are, by labels: of classes `accuracy`, of numbers `error`. */
export function labelMetric({ outputs, metadata }: ServedVersion): 'accuracy' | 'error' | undefined {
  const output = predictionAmong(outputs, metadata.outputs.prediction)
  if (output === undefined) return undefined
  return output.datatype.startsWith('FP') ? 'error' : 'accuracy'
}

function predictionAmong<Output extends { name: string }>(
  outputs: readonly Output[],
  name: string | undefined
): Output | undefined {
  if (name === undefined) return outputs[0]
  for (const output of outputs) if (output.name === name) return output
  return undefined
}
