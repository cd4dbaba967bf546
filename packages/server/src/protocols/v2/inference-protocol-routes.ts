import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { ModelServer } from '@millrace/engine'
import type { FastifyRequest } from 'fastify'
import type { Failure } from '../../http/failure.ts'
import { errorBody, replyToProtocolFailures } from '../failed-protocol-replies.ts'
import { readRawBodies } from '../raw-bodies.ts'
import { replyToUnknownPaths } from '../unknown-paths.ts'
import { aliasRoutes } from './alias-routes.ts'
import { inferRoutes } from './infer-routes.ts'
import { metadataRoutes } from './metadata-routes.ts'
import type { VersionParams } from './model-paths.ts'
import { repositoryRoutes } from './repository-routes.ts'
import { serverRoutes } from './server-routes.ts'
import { unsupportedRoutes } from './unsupported-routes.ts'
import { versionRoutes } from './version-routes.ts'

/** What {@link inferenceProtocolRoutes} is given. */
export interface InferenceProtocolDeps {
  models: ModelServer
  /** Most bytes of a body, also once it is decompressed. */
  inferBodyLimitBytes: number
  /** Whether the server as a whole takes requests for models; always, unless given. */
  isReady?: (() => boolean) | undefined
}

/**
 * The Open Inference Protocol (V2) over HTTP with Triton's extensions, below `/v2`: health, metadata, inference with
 * binary tensors, statistics, configuration and repository, and beyond those aliases, rollback, frozen versions and ONNX.
 * Bodies are read whatever their type is called: clients send none, or a wrong one.
 */
export const inferenceProtocolRoutes: FastifyPluginAsyncTypebox<InferenceProtocolDeps> = async (
  app,
  { models, inferBodyLimitBytes, isReady = () => true }
) => {
  readRawBodies(app, inferBodyLimitBytes)
  replyToProtocolFailures(app, failureBody)
  replyToUnknownPaths(app, '/v2', failureBody)
  // Not plugins of their own: they share this scope, and each scope costs time at the start.
  await serverRoutes(app, { models, isReady })
  await inferRoutes(app, { models })
  await metadataRoutes(app, { models })
  await repositoryRoutes(app, { models })
  await aliasRoutes(app, { models })
  await versionRoutes(app, { models })
  await unsupportedRoutes(app, {})
}

/** Scripts look for Triton's words where a model or version is unknown, or cannot be loaded. */
function failureBody(failed: Failure, request: FastifyRequest): object {
  const { model, version } = request.params as Partial<VersionParams>
  const { code, message } = failed.body
  if (model === undefined) return errorBody(failed)
  if (request.routeOptions.url?.endsWith('/load') && !message.startsWith('failed to load')) {
    return errorBody(failed, `failed to load '${model}', ${message}`)
  }
  if (code === 'MILL_MODEL_NOT_FOUND') return errorBody(failed, `Request for unknown model: '${model}' is not found`)
  if (code !== 'MILL_VERSION_NOT_FOUND' || version === undefined) return errorBody(failed)
  return errorBody(failed, `Request for unknown model: '${model}' version ${version} is not found`)
}
