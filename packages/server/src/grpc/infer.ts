import type { InferReply, InferRequest, ModelServer } from '@millrace/engine'
import type { NamedTensor } from '@millrace/runtime'
import { encodeRawTensor } from '../protocols/raw-tensor.ts'
import { classify } from '../protocols/v2/classification.ts'
import { readOptions } from '../protocols/v2/infer-parameters.ts'
import { readInputs } from './infer-inputs.ts'
import type { InferRequestedOutputTensor, ModelInferRequest, ModelInferResponse } from './messages.ts'
import { classesIn, parameterValues } from './parameters.ts'

/**
 * Answer ModelInfer.
 * @param waitMs how long the caller waits, Infinity when it did not say
 * @throws as {@link ModelServer.infer} does
 */
export async function infer(
  models: Pick<ModelServer, 'infer'>,
  request: ModelInferRequest,
  waitMs: number
): Promise<ModelInferResponse> {
  const question = questionOf(request, waitMs)
  const classes = request.outputs.map(classesIn)
  return responseOf(request, await models.infer(question), classes)
}

function questionOf(request: ModelInferRequest, waitMs: number): InferRequest {
  const { model_name: model, model_version: version, outputs } = request
  const options = readOptions(parameterValues(request.parameters))
  const timeoutMs = Math.min(waitMs, options.timeoutMs ?? Infinity)
  return {
    ...options,
    model,
    version: version === '' ? undefined : version,
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
    ...(isCached ? { parameters: { cached: { bool_param: true } } } : {}),
    outputs: wanted.map(describe),
    raw_output_contents: wanted.map(encodeRawTensor)
  }
}

function describe({ name, datatype, shape }: NamedTensor): ModelInferResponse['outputs'][number] {
  return { name, datatype, shape }
}
