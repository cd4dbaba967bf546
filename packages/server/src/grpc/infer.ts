import { Metadata, type MetadataValue } from '@grpc/grpc-js'
import type { InferReply, InferRequest, ModelServer, Route } from '@millrace/engine'
import type { NamedTensor } from '@millrace/runtime'
import { routeFacts } from '../http/route-facts.ts'
import { type Asking, whoAsksBy } from '../http/who-asks.ts'
import { unitIdIn } from '../protocols/asker-fields.ts'
import { encodeRawTensor } from '../protocols/raw-tensor.ts'
import { classify } from '../protocols/v2/classification.ts'
import { readOptions } from '../protocols/v2/infer-parameters.ts'
import type { AnyCall } from './calls.ts'
import { readInputs } from './infer-inputs.ts'
import type { InferParameters, InferRequestedOutputTensor, ModelInferRequest, ModelInferResponse } from './messages.ts'
import { classesIn, parameterValues } from './parameters.ts'

/** A request of ModelInfer, with what came along with it. */
export interface InferCall {
  readonly request: ModelInferRequest
  readonly metadata: Metadata
  /** The call's. */
  readonly id: string
  /** Position in a stream, whose requests have one call. */
  readonly position?: number
  /** How long the caller waits, Infinity when it did not say. */
  readonly waitMs: number
}

/** The answer, and which version gave it. */
export interface InferAnswer {
  readonly response: ModelInferResponse
  readonly route: Route
}

/** What {@link inferAnswers} is given. */
export interface InferAnswersDeps {
  models: Pick<ModelServer, 'infer'>
  unitHeader?: string | undefined
}

/** Answers ModelInfer. The returned function throws what {@link ModelServer.infer} throws. */
export function inferAnswers({ models, unitHeader }: InferAnswersDeps): (call: InferCall) => Promise<InferAnswer> {
  const whoAsks = whoAsksBy(unitHeader)
  return async ({ request, metadata, id, position, waitMs }) => {
    const parameters = parameterValues(request.parameters)
    const names = { id: given(request.id), unitId: parameters && unitIdIn(parameters) }
    const asking = whoAsks(names, { headers: headersOf(metadata), id }, position)
    const classes = request.outputs.map(classesIn)
    const reply = await models.infer(questionOf(request, { parameters, waitMs, asking }))
    return { response: responseOf(request, reply, classes), route: reply.route }
  }
}

/** Say in the leading metadata of a call which version answers, and the id of the call. */
export function tellCall(call: Pick<AnyCall, 'sendMetadata'>, route: Route, id: string): void {
  const { headers } = routeFacts(route)
  const metadata = new Metadata()
  metadata.set('x-request-id', id)
  for (let at = 0; at < headers.length; at += 2) metadata.set(headers[at]!, headers[at + 1]!)
  call.sendMetadata(metadata)
}

/** Metadata as HTTP has them. */
function headersOf(metadata: Metadata): Record<string, string> {
  const values: Record<string, MetadataValue> = metadata.getMap()
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.toString()]))
}

/** In proto3 a text that was not sent is empty. */
function given(text: string): string | undefined {
  return text === '' ? undefined : text
}

interface Circumstances {
  readonly parameters: Readonly<Record<string, unknown>> | undefined
  readonly waitMs: number
  readonly asking: Asking
}

function questionOf(request: ModelInferRequest, { parameters, waitMs, asking }: Circumstances): InferRequest {
  const { model_name: model, model_version: version, outputs } = request
  const options = readOptions(parameters)
  const timeoutMs = Math.min(waitMs, options.timeoutMs ?? Infinity)
  return {
    ...options,
    ...asking,
    model,
    version: given(version),
    inputs: readInputs(request),
    outputs: outputs.length === 0 ? undefined : outputs.map(nameOf),
    timeoutMs: timeoutMs === Infinity ? undefined : timeoutMs
  }
}

function nameOf({ name }: InferRequestedOutputTensor): string {
  return name
}

function responseOf(
  { id }: ModelInferRequest,
  { route, served, outputs, isCached }: InferReply,
  classes: readonly (number | undefined)[]
): ModelInferResponse {
  const wanted = outputs.map((output, index) => {
    const count = classes[index]
    return count === undefined ? output : classify(output, count, served)
  })
  return {
    model_name: route.model,
    model_version: route.version,
    id,
    ...parametersOf(route, isCached),
    outputs: wanted.map(describe),
    raw_output_contents: wanted.map(encodeRawTensor)
  }
}

/** None for an answer that was made by the version that always answers, as plain clients know it. */
function parametersOf({ reason, assignment }: Route, isCached: boolean): { parameters?: InferParameters } {
  const cached = isCached ? { cached: { bool_param: true } } : {}
  if (assignment === undefined) return isCached ? { parameters: cached } : {}
  const { experiment, arm, probability, isSticky } = assignment
  return {
    parameters: {
      ...cached,
      route_reason: { string_param: reason },
      experiment: { string_param: experiment },
      arm: { string_param: arm },
      probability: { double_param: probability },
      sticky: { bool_param: isSticky }
    }
  }
}

function describe({ name, datatype, shape }: NamedTensor): ModelInferResponse['outputs'][number] {
  return { name, datatype, shape }
}
