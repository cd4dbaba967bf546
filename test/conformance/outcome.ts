import { type Case, readExample } from './cases.ts'
import { difference } from './compare.ts'
import type { Asked, ProtocolClient } from './protocol-client.ts'
import type { Tensor } from './tensor.ts'

/** How a model fared. */
export interface Outcome {
  name: string
  /** Why it could not be loaded; undefined when it could. */
  loadFailure: string | undefined
  /** False for a model with sequences or optional values, which the protocol has no words for. */
  hasTensors: boolean
  /** What was wrong by each way, or not; undefined when it was not asked. */
  json: Verdict | undefined
  binary: Verdict | undefined
}

/** Right, or what was wrong. */
export type Verdict = { isRight: true } | { isRight: false; problem: string }

/** Load a model, ask it both ways, and unload it. */
export async function judge(client: ProtocolClient, one: Case): Promise<Outcome> {
  const { name } = one
  const unasked = { name, json: undefined, binary: undefined }
  const example = readExample(one)
  const loadFailure = await client.load(name)
  if (loadFailure !== undefined) return { ...unasked, loadFailure, hasTensors: example !== undefined }
  try {
    if (example === undefined) return { ...unasked, loadFailure, hasTensors: false }
    const { inputs, outputs } = example
    const json = verdictOf(outputs, await client.inferJson(name, inputs))
    return {
      name,
      loadFailure,
      hasTensors: true,
      json,
      binary: verdictOf(outputs, await client.inferBinary(name, inputs))
    }
  } finally {
    await client.unload(name)
  }
}

function verdictOf(expected: readonly Tensor[], asked: Asked): Verdict {
  if ('refusal' in asked) return { isRight: false, problem: `refused: ${asked.refusal}` }
  const problem = difference(expected, asked.outputs)
  return problem === undefined ? { isRight: true } : { isRight: false, problem }
}
