import { type Case, readExample } from './cases.ts'
import { difference } from './compare.ts'
import type { GrpcClient } from './grpc-client.ts'
import type { Asked, ProtocolClient } from './protocol-client.ts'
import type { Tensor } from './tensor.ts'

/** How a model fared. */
export interface Outcome {
  name: string
  /** Why it could not be loaded; undefined when it could. */
  loadFailure: string | undefined
  /** False for a model with sequences or optional values, which the protocol has no words for. */
  hasTensors: boolean
  /** What became of each way; undefined when it was not asked. */
  json: Verdict | undefined
  binary: Verdict | undefined
  grpc: Verdict | undefined
}

/** The ways in which a server is asked. */
export interface Clients {
  http: ProtocolClient
  grpc: GrpcClient
}

/** Right, or what was wrong. */
export type Verdict = { isRight: true } | { isRight: false; problem: string }

/** Load a model, ask it in every way, and unload it. */
export async function judge({ http, grpc }: Clients, one: Case): Promise<Outcome> {
  const { name } = one
  const example = readExample(one)
  const hasTensors = example !== undefined
  const unasked = { name, hasTensors, json: undefined, binary: undefined, grpc: undefined }
  const loadFailure = await http.load(name)
  if (loadFailure !== undefined) return { ...unasked, loadFailure }
  try {
    if (example === undefined) return { ...unasked, loadFailure }
    const { inputs, outputs } = example
    const json = verdictOf(outputs, await http.inferJson(name, inputs))
    const binary = verdictOf(outputs, await http.inferBinary(name, inputs))
    return { name, loadFailure, hasTensors, json, binary, grpc: verdictOf(outputs, await grpc.infer(name, inputs)) }
  } finally {
    await http.unload(name)
  }
}

function verdictOf(expected: readonly Tensor[], asked: Asked): Verdict {
  if ('refusal' in asked) return { isRight: false, problem: `refused: ${asked.refusal}` }
  const problem = difference(expected, asked.outputs)
  return problem === undefined ? { isRight: true } : { isRight: false, problem }
}
