import type { Socket } from 'node:net'
import { promisify } from 'node:util'
import { Server, ServerCredentials, type UntypedServiceImplementation } from '@grpc/grpc-js'
import { ReflectionService } from '@grpc/reflection'
import { service as healthService } from 'grpc-health-check'
import { type Answer, unaryCall, waitMs } from './calls.ts'
import { healthCalls } from './health.ts'
import { inferAnswers, tellCall } from './infer.ts'
import { loadInferenceService } from './load-protos.ts'
import type { ModelInferRequest } from './messages.ts'
import { modelCalls } from './model-calls.ts'
import { repositoryCalls } from './repository-calls.ts'
import { serverCalls } from './server-calls.ts'
import type { GrpcOptions } from './grpc-options.ts'
import { streamInfer } from './stream-infer.ts'

/** Speaks gRPC on connections that somebody else accepted. */
export interface GrpcServer {
  take(connection: Socket): void
  /** Answer what runs, end what streams; resolves when all connections are closed. */
  close(): Promise<void>
}

/** Importing this file costs about 60 ms and 30 MB: import it when the first client is there. */
export function createGrpcServer(options: GrpcOptions): GrpcServer {
  const { log, models, isReady, maxMessageBytes, watchEveryMs = 1000 } = options
  const closing = new AbortController()
  const server = new Server({
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': -1
  })
  const { definition, service } = loadInferenceService()
  server.addService(service, inferenceCalls(options, closing.signal))
  server.addService(healthService, healthCalls({ models, isReady, log, closing: closing.signal, watchEveryMs }))
  new ReflectionService(definition).addToServer(server)
  const door = server.createConnectionInjector(ServerCredentials.createInsecure())
  return {
    take: connection => door.injectConnection(connection),
    async close() {
      closing.abort()
      await promisify(server.tryShutdown.bind(server))()
    }
  }
}

function inferenceCalls(options: GrpcOptions, closing: AbortSignal): UntypedServiceImplementation {
  const { log, models, isReady } = options
  const ask = inferAnswers(options)
  const answers: Record<string, Answer<never>> = {
    ...serverCalls(isReady),
    ...modelCalls(models),
    ...repositoryCalls(models),
    ModelInfer: async (request: ModelInferRequest, call, id) => {
      const { response, route } = await ask({ request, metadata: call.metadata, id, waitMs: waitMs(call) })
      tellCall(call, route, id)
      return response
    }
  }
  return {
    ...Object.fromEntries(Object.entries(answers).map(([name, answer]) => [name, unaryCall(log, answer)])),
    ModelStreamInfer: streamInfer(ask, log, closing)
  }
}
