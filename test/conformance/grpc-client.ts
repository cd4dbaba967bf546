import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { credentials, loadPackageDefinition, type ServiceClientConstructor, type ServiceError } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import type { Asked } from './protocol-client.ts'
import { bytesOfElements, elementsOfBytes, type Tensor } from './tensor.ts'

/** A client of the Open Inference Protocol over gRPC, with raw contents both ways. */
export interface GrpcClient {
  infer(model: string, inputs: readonly Tensor[]): Promise<Asked>
  close(): void
}

const protos = fileURLToPath(new URL('../../packages/server/src/grpc/', import.meta.url))

/** @param address host and port */
export function grpcClient(address: string): GrpcClient {
  const definition = loadSync('inference.proto', { includeDirs: [protos], keepCase: true, longs: Number })
  const { inference } = loadPackageDefinition(definition) as unknown as {
    inference: { GRPCInferenceService: ServiceClientConstructor }
  }
  const options = { 'grpc.max_receive_message_length': -1 }
  const client = new inference.GRPCInferenceService(address, credentials.createInsecure(), options)
  const call = promisify<object, Reply>(client['ModelInfer']!.bind(client))
  return {
    async infer(model, inputs) {
      try {
        return { outputs: readOutputs(await call(requestOf(model, inputs))) }
      } catch (error) {
        return { refusal: (error as ServiceError).details }
      }
    },
    close: () => client.close()
  }
}

function requestOf(model_name: string, inputs: readonly Tensor[]): object {
  return {
    model_name,
    inputs: inputs.map(({ name, datatype, shape }) => ({ name, datatype, shape })),
    raw_input_contents: inputs.map(({ datatype, elements }) => bytesOfElements(datatype, elements))
  }
}

interface Reply {
  outputs: { name: string; datatype: string; shape?: number[] }[]
  raw_output_contents: Uint8Array[]
}

function readOutputs({ outputs, raw_output_contents: raw }: Reply): Tensor[] {
  return outputs.map(({ name, datatype, shape = [] }, index) => ({
    name,
    datatype,
    shape,
    elements: elementsOfBytes(datatype, raw[index]!)
  }))
}
