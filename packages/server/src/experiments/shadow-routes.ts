import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { ShadowReport, Shadows } from '@millrace/engine'
import {
  ExperimentParamsSchema,
  ShadowDefinitionSchema,
  ShadowListReplySchema,
  type ShadowReply,
  ShadowReplySchema,
  Type
} from '@millrace/protocol'
import { documentedParts } from '../http/documented-parts.ts'
import { pathOf } from '../http/path-of.ts'
import { failures } from '../http/route-schema.ts'
import { objectIn } from './body.ts'
import { timeText } from './experiment-json.ts'
import { FieldNames } from './field-names.ts'
import { inNames } from './invalid-definition.ts'

/** What {@link shadowRoutes} is given. */
export interface ShadowRoutesDeps {
  experiments: { shadows: Shadows }
}

const names = new FieldNames({
  same: ['id', 'model', 'version', 'candidate', 'share'],
  others: {
    candidate_model: 'candidateModel',
    queue_limit: 'queueLimit',
    absolute_tolerance: 'absoluteTolerance',
    relative_tolerance: 'relativeTolerance'
  }
})

/** `/shadows`: candidates that are asked what others are asked, without anybody seeing their answers. */
export const shadowRoutes: FastifyPluginAsyncTypebox<ShadowRoutesDeps> = async (app, { experiments: { shadows } }) => {
  app.post(
    '/shadows',
    {
      config: documentedParts({ body: ShadowDefinitionSchema }),
      schema: {
        operationId: 'startShadow',
        summary: 'Ask a version what another one is asked, and compare the answers; begins at once',
        description: 'Copies are made off the path of requests, are bounded, and never come into the cache or a count.',
        response: { 201: ShadowReplySchema, ...failures }
      }
    },
    async (request, reply) => {
      const draft = names.toInside(objectIn(request.body))
      const report = await inNames(names, 'shadow', () => shadows.start(draft))
      void reply.code(201).header('location', `${pathOf(request.originalUrl)}/${report.definition.id}`)
      return shadowReply(report)
    }
  )

  app.get(
    '/shadows',
    {
      schema: {
        operationId: 'shadows',
        summary: 'All shadows, in the order of their ids',
        response: { 200: ShadowListReplySchema, ...failures }
      }
    },
    async () => ({ shadows: shadows.list().map(shadowReply) })
  )

  app.get(
    '/shadows/:id',
    {
      schema: {
        operationId: 'shadow',
        summary: 'What a shadow has shown so far; what other processes compared, as of a few seconds ago',
        params: ExperimentParamsSchema,
        response: { 200: ShadowReplySchema, ...failures }
      }
    },
    async ({ params: { id } }) => shadowReply(shadows.get(id))
  )

  app.post(
    '/shadows/:id/stop',
    {
      schema: {
        operationId: 'stopShadow',
        summary: 'Copy no more requests; what was shown stays',
        params: ExperimentParamsSchema,
        response: { 200: ShadowReplySchema, ...failures }
      }
    },
    async ({ params: { id } }) => shadowReply(await shadows.stop(id))
  )

  app.delete(
    '/shadows/:id',
    {
      schema: {
        operationId: 'removeShadow',
        summary: 'Forget a shadow',
        params: ExperimentParamsSchema,
        response: { 204: Type.Null({ description: 'Done.' }), ...failures }
      }
    },
    async ({ params: { id } }, reply) => {
      await shadows.remove(id)
      return reply.code(204).send(null)
    }
  )
}

function shadowReply({ definition, isRunning, startedAt, lastFailure, latency, ...same }: ShadowReport): ShadowReply {
  const { version, candidateModel, queueLimit, absoluteTolerance, relativeTolerance, ...sameOfDefinition } = definition
  return {
    ...sameOfDefinition,
    version: version ?? null,
    candidate_model: candidateModel,
    queue_limit: queueLimit,
    absolute_tolerance: absoluteTolerance,
    relative_tolerance: relativeTolerance,
    running: isRunning,
    started_at: timeText(startedAt),
    copied: same.copied,
    compared: same.compared,
    dropped: same.dropped,
    failed: same.failed,
    last_failure: lastFailure,
    incomparable: same.incomparable,
    latency_ms: { ...latency },
    outputs: same.outputs.map(({ maxAbsolute, meanAbsolute, ...output }) => ({
      ...output,
      max_absolute: maxAbsolute,
      mean_absolute: meanAbsolute
    })),
    examples: same.examples.map(({ requestId, ...example }) => ({ request_id: requestId, ...example }))
  }
}
