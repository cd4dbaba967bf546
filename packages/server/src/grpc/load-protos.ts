import { fileURLToPath } from 'node:url'
import { loadSync, type PackageDefinition } from '@grpc/proto-loader'
import type { ServiceDefinition } from '@grpc/grpc-js'

/** The service of `inference.proto` in the form that a server and its reflection take; reads the files. */
export function loadInferenceService(): { definition: PackageDefinition; service: ServiceDefinition } {
  const definition = loadSync('inference.proto', {
    includeDirs: [fileURLToPath(new URL('.', import.meta.url))],
    keepCase: true,
    // 64-bit integers do not fit a number.
    longs: String,
    enums: String,
    defaults: true,
    oneofs: false
  })
  return { definition, service: definition['inference.GRPCInferenceService'] as ServiceDefinition }
}
