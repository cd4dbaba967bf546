import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { ModelServer } from '@millrace/engine'
import { replyToProtocolFailures } from '../failed-protocol-replies.ts'
import { modelFailureBody } from '../model-failure-body.ts'
import { readRawBodies } from '../raw-bodies.ts'
import { replyToUnknownPaths } from '../unknown-paths.ts'
import { aliasRoutes } from './alias-routes.ts'
import { inferRoutes } from './infer-routes.ts'
import { metadataRoutes } from './metadata-routes.ts'
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
  /** Name of the header that names the unit of experiments; the standard one unless given. */
  unitHeader?: string | undefined
}

/**
 * The Open Inference Protocol (V2) over HTTP with Triton's extensions, below `/v2`: health, metadata, inference with
 * binary tensors, statistics, configuration and repository, and beyond those aliases, rollback, frozen versions and ONNX.
 * Bodies are read whatever their type is called: clients send none, or a wrong one.
 */
export const inferenceProtocolRoutes: FastifyPluginAsyncTypebox<InferenceProtocolDeps> = async (
  app,
  { models, inferBodyLimitBytes, isReady = () => true, unitHeader }
) => {
  readRawBodies(app, inferBodyLimitBytes)
  replyToProtocolFailures(app, modelFailureBody)
  replyToUnknownPaths(app, '/v2', modelFailureBody)
  // Not plugins of their own: they share this scope, and each scope costs time at the start.
  await serverRoutes(app, { models, isReady })
  await inferRoutes(app, { models, unitHeader })
  await metadataRoutes(app, { models })
  await repositoryRoutes(app, { models })
  await aliasRoutes(app, { models })
  await versionRoutes(app, { models })
  await unsupportedRoutes(app, {})
}
