import type { InferReply } from '@millrace/engine'
import type { NamedTensor } from '@millrace/runtime'
import { encodeRawTensor } from '../raw-tensor.ts'
import { elementsText } from '../tensor-text.ts'
import { classify } from './classification.ts'
import type { InferQuestion } from './infer-request.ts'
import { replyTexts } from './reply-texts.ts'

/** The body of a reply, before it is compressed. */
export interface InferReplyBody {
  /** JSON; with the bytes of the binary outputs after it where there are any. */
  readonly body: string | Buffer
  /** Bytes of the JSON; undefined where nothing follows it. */
  readonly jsonLength: number | undefined
}

/** Writes the answer of a model as the request wants it: each output as JSON numbers in one flat list, or as bytes. */
export function writeInferReply(
  { route, served, outputs, isCached }: InferReply,
  question: InferQuestion,
  id: string
): InferReplyBody {
  const parts: Buffer[] = []
  const { opening, middle, cachedMiddle } = replyTexts(route)
  let json = opening + JSON.stringify(id) + (isCached ? cachedMiddle : middle)
  for (let index = 0; index < outputs.length; index++) {
    const asked = question.outputs?.[index]
    const output = asked?.classes === undefined ? outputs[index]! : classify(outputs[index]!, asked.classes, served)
    if (index > 0) json += ','
    json += (asked?.isBinary ?? question.isBinary) ? binaryOutput(output, parts) : jsonOutput(output)
  }
  json += ']}'
  if (parts.every(part => part.length === 0)) return { body: json, jsonLength: undefined }
  const header = Buffer.from(json)
  return { body: Buffer.concat([header, ...parts]), jsonLength: header.length }
}

function jsonOutput(output: NamedTensor): string {
  return `${startOf(output)},"data":[${elementsText(output)}]}`
}

function binaryOutput(output: NamedTensor, parts: Buffer[]): string {
  const bytes = encodeRawTensor(output)
  parts.push(bytes)
  return `${startOf(output)},"parameters":{"binary_data_size":${bytes.length}}}`
}

function startOf({ name, datatype, shape }: NamedTensor): string {
  return `{"name":${JSON.stringify(name)},"datatype":"${datatype}","shape":[${shape.join()}]`
}
