import {
  bytesOfElements,
  elementOfJson,
  elementsOfBytes,
  jsonOfElements,
  quoteUnusualNumbers,
  type Tensor
} from './tensor.ts'

/** What a server did: its answer, or why it gave none. */
export type Asked = { outputs: readonly Tensor[] } | { refusal: string }

/** A client of the Open Inference Protocol, written for this run alone: it shares no code with the server. */
export interface ProtocolClient {
  isHealthy(): Promise<boolean>
  /** The reason why it cannot be loaded; undefined when it is. */
  load(model: string): Promise<string | undefined>
  unload(model: string): Promise<void>
  inferJson(model: string, inputs: readonly Tensor[]): Promise<Asked>
  inferBinary(model: string, inputs: readonly Tensor[]): Promise<Asked>
}

/** @param url where the server answers, without a path */
export function protocolClient(url: string): ProtocolClient {
  const post = async (
    path: string,
    body: Buffer | string = '',
    headers: Record<string, string> = {}
  ): Promise<Reply> => {
    const response = await fetch(`${url}/v2/${path}`, {
      method: 'POST',
      body: new Uint8Array(Buffer.from(body)),
      headers
    })
    return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) }
  }
  const repository = async (model: string, act: string): Promise<string | undefined> => {
    const reply = await post(`repository/models/${encodeURIComponent(model)}/${act}`)
    return reply.status === 200 ? undefined : refusalOf(reply)
  }
  const infer = async (model: string, request: Request): Promise<Asked> => {
    const reply = await post(`models/${encodeURIComponent(model)}/infer`, request.body, request.headers)
    return reply.status === 200 ? { outputs: readOutputs(reply) } : { refusal: refusalOf(reply) }
  }
  return {
    isHealthy: async () => (await fetch(`${url}/v2/health/live`)).status === 200,
    load: model => repository(model, 'load'),
    async unload(model) {
      const refusal = await repository(model, 'unload')
      if (refusal !== undefined) throw new Error(`cannot unload ${model}: ${refusal}`)
    },
    inferJson: (model, inputs) => infer(model, jsonRequest(inputs)),
    inferBinary: (model, inputs) => infer(model, binaryRequest(inputs))
  }
}

interface Request {
  body: Buffer | string
  headers: Record<string, string>
}

interface Reply {
  status: number
  headers: Headers
  body: Buffer
}

/** The `error` of a failed reply; empty when there is none. */
function refusalOf({ body }: Reply): string {
  try {
    const { error } = JSON.parse(body.toString('utf8')) as { error?: unknown }
    return typeof error === 'string' ? error : ''
  } catch {
    return ''
  }
}

function jsonRequest(inputs: readonly Tensor[]): Request {
  const texts = inputs.map(input => `{${headOf(input)},"data":${jsonOfElements(input)}}`)
  return { body: `{"inputs":[${texts.join()}]}`, headers: { 'content-type': 'application/json' } }
}

function binaryRequest(inputs: readonly Tensor[]): Request {
  const parts = inputs.map(({ datatype, elements }) => bytesOfElements(datatype, elements))
  const texts = inputs.map(
    (input, index) => `{${headOf(input)},"parameters":{"binary_data_size":${parts[index]!.length}}}`
  )
  const json = Buffer.from(`{"parameters":{"binary_data_output":true},"inputs":[${texts.join()}]}`)
  return {
    body: Buffer.concat([json, ...parts]),
    headers: { 'content-type': 'application/octet-stream', 'inference-header-content-length': String(json.length) }
  }
}

function headOf({ name, datatype, shape }: Tensor): string {
  return `"name":${JSON.stringify(name)},"datatype":"${datatype}","shape":[${shape.join()}]`
}

interface Output {
  name: string
  datatype: string
  shape: number[]
  data?: unknown[]
  parameters?: { binary_data_size?: number }
}

function readOutputs({ headers, body }: Reply): Tensor[] {
  const headerLength = Number(headers.get('inference-header-content-length') ?? body.length)
  const json = quoteUnusualNumbers(body.toString('utf8', 0, headerLength))
  let at = headerLength
  return (JSON.parse(json) as { outputs: Output[] }).outputs.map(({ name, datatype, shape, data, parameters }) => {
    if (data !== undefined)
      return { name, datatype, shape, elements: data.map(value => elementOfJson(datatype, value)) }
    const bytes = body.subarray(at, (at += parameters?.binary_data_size ?? 0))
    return { name, datatype, shape, elements: elementsOfBytes(datatype, bytes) }
  })
}
