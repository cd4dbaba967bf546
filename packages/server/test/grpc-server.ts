import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Client, credentials, loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { MillraceError } from '@millrace/common'
import type { InferReply, InferRequest, ModelStatus, ServedVersion } from '@millrace/engine'
import { pino } from 'pino'
import type { InferInputTensor, ModelInferRequest } from '../src/grpc/messages.ts'
import type { AskedModels, GrpcOptions } from '../src/grpc/grpc-options.ts'
import { type RunningGrpc, startGrpc } from '../src/grpc/start-grpc.ts'

/** A version that gives back what it is given. */
export const echoVersion: ServedVersion = {
  model: 'echo',
  version: '1.10',
  platform: 'onnxruntime_onnx',
  digest: undefined,
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
  outputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
  classLabels: new Map(),
  metadata: { features: [], classNames: [], metrics: {}, outputs: {}, raw: {} },
  maxBatchRows: 8,
  memoryBytes: 1000,
  loadMs: 1,
  loadedAt: 0,
  run: async ({ inputs }) => ({
    outputs: inputs,
    batchRows: 1,
    timing: { queueNs: 0, inputNs: 0, inferNs: 0, outputNs: 0 }
  }),
  counts: () => ({ inferences: 0, executions: 0, pending: 0, batches: [] })
}

const echoStatus: ModelStatus = {
  name: 'echo',
  kind: 'onnx',
  versions: [
    { version: '1.10', state: 'READY', reason: '', isServed: true, served: echoVersion },
    { version: '1.9', state: 'UNAVAILABLE', reason: 'not asked for', isServed: false, served: undefined }
  ],
  aliases: new Map([['default', '1.10']]),
  isFlat: false,
  config: { aliases: {} }
}

function known(model: string): void {
  if (model === 'echo') return
  throw new MillraceError('MILL_MODEL_NOT_FOUND', `Request for unknown model: '${model}' is not found`)
}

/** One model, `echo`, which answers with its inputs, under the names of its inputs. */
export function echoModels(changes: Partial<AskedModels> = {}): AskedModels & { asked: InferRequest[] } {
  const asked: InferRequest[] = []
  const route = { model: 'echo', version: '1.10', reason: 'default' } as const
  return {
    asked,
    infer: async (request): Promise<InferReply> => {
      known(request.model)
      asked.push(request)
      return { route, served: echoVersion, outputs: request.inputs, isCached: false, durationMs: 1 }
    },
    isReady: () => true,
    model: name => {
      known(name)
      return echoStatus
    },
    models: () => [echoStatus],
    resolve: async model => {
      known(model)
      return { route, served: echoVersion }
    },
    statistics: () => [],
    load: async model => {
      known(model)
      return { loaded: [], unloaded: [], failed: [] }
    },
    unload: async model => known(model),
    ...changes
  }
}

/** Sends one request and waits for the reply. */
export type Call = (request: object, options?: object) => Promise<never>

/** A running gRPC port. */
export interface TestedGrpc extends RunningGrpc {
  client: Client
  /** Sends one request to a method and waits for the reply. */
  call(name: string, request?: object, options?: object): Promise<never>
}

/** A gRPC port of the models given, with a client of the service at it; both end with the test. */
export async function openGrpc(t: TestContext, options: Partial<GrpcOptions> = {}): Promise<TestedGrpc> {
  const grpc = await startGrpc({
    models: echoModels(),
    host: '127.0.0.1',
    port: 0,
    log: pino({ level: 'silent' }),
    maxMessageBytes: 100_000,
    isReady: () => true,
    ...options
  })
  const client = clientOf(grpc.port)
  let closed: Promise<void> | undefined
  const close = (): Promise<void> => (closed ??= grpc.close())
  t.after(async () => {
    client.close()
    await close()
  })
  return {
    port: grpc.port,
    close,
    client,
    call: (name, request = {}, ...rest) => methodOf(client, name)(request, ...rest)
  }
}

/** A client of the inference service at a port of this machine. */
export function clientOf(port: number): Client {
  const folder = fileURLToPath(new URL('../src/grpc/', import.meta.url))
  const definition = loadSync('inference.proto', {
    includeDirs: [folder],
    keepCase: true,
    longs: String,
    enums: String
  })
  const { inference } = loadPackageDefinition(definition) as unknown as {
    inference: { GRPCInferenceService: ServiceClientConstructor }
  }
  return new inference.GRPCInferenceService(`127.0.0.1:${port}`, credentials.createInsecure())
}

/** A method of the service, by its name. */
export function methodOf(client: Client, name: string): Call {
  const method = (client as unknown as Record<string, (...args: unknown[]) => void>)[name]!
  return promisify(method.bind(client)) as Call
}

/** A question to the model `echo`. */
export function question(
  inputs: Partial<InferInputTensor>[],
  rest: Partial<Record<keyof ModelInferRequest, unknown>> = {}
): object {
  return { model_name: 'echo', inputs, ...rest }
}
