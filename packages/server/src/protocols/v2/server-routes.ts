import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { ModelServer } from '@millrace/engine'
import { ProtocolModelListReplySchema, ServerHealthReplySchema, ServerMetadataReplySchema } from '@millrace/protocol'
import { version } from '../../version.ts'
import { protocolFailures } from '../route-schema.ts'

/** What {@link serverRoutes} is given. */
export interface ServerRoutesDeps {
  models: Pick<ModelServer, 'models'>
  isReady: () => boolean
}

/** Extensions of the protocol by Triton's names for them. */
export const extensions = [
  'classification',
  'model_repository',
  'model_repository(unload_dependents)',
  'schedule_policy',
  'model_configuration',
  'binary_tensor_data',
  'parameters',
  'statistics'
]

/** Health and metadata of the server as a whole. Some clients look at the status only, others at the body. */
export const serverRoutes: FastifyPluginAsyncTypebox<ServerRoutesDeps> = async (app, { models, isReady }) => {
  app.get(
    '/v2/health/live',
    {
      schema: {
        operationId: 'v2Live',
        summary: 'Does the server answer',
        response: { 200: ServerHealthReplySchema, ...protocolFailures }
      }
    },
    async () => ({ live: true })
  )

  app.get(
    '/v2/health/ready',
    {
      schema: {
        operationId: 'v2Ready',
        summary: 'Are requests for models answered; 503 while they are not',
        response: { 200: ServerHealthReplySchema, 503: ServerHealthReplySchema, ...protocolFailures }
      }
    },
    async (_request, reply) => {
      const ready = isReady()
      return reply.code(ready ? 200 : 503).send({ live: true, ready })
    }
  )

  app.get(
    '/v2',
    {
      schema: {
        operationId: 'v2Server',
        summary: 'What this server is, by the Open Inference Protocol',
        response: { 200: ServerMetadataReplySchema, ...protocolFailures }
      }
    },
    async () => ({ name: 'millrace', version, extensions })
  )

  app.get(
    '/v2/models',
    {
      schema: {
        operationId: 'v2Models',
        summary: 'Names of all models',
        response: { 200: ProtocolModelListReplySchema, ...protocolFailures }
      }
    },
    async () => ({ models: models.models().map(({ name }) => name) })
  )
}
