import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Canaries, CanaryView, Experiments } from '@millrace/engine'
import {
  CanaryListReplySchema,
  CanaryPlanSchema,
  type CanaryReply,
  CanaryReplySchema,
  CanaryRollbackRequestSchema,
  ExperimentParamsSchema,
  Type
} from '@millrace/protocol'
import type { FastifyReply } from 'fastify'
import { BodyReader } from '../documents/body-reader.ts'
import { documentedParts } from '../http/documented-parts.ts'
import { pathOf } from '../http/path-of.ts'
import { failures } from '../http/route-schema.ts'
import { objectIn } from './body.ts'
import { canaryNames, canaryReply } from './canary-json.ts'
import { tagged } from './entity-tag.ts'
import { inNames } from './invalid-definition.ts'

/** What {@link canaryRoutes} is given. */
export interface CanaryRoutesDeps {
  experiments: Pick<Experiments, 'tally'> & { canaries: Canaries }
}

/** Characters of the longest reason. */
const longestReason = 1000

/** `/canaries`: candidates that take over step by step, and are rolled back when they do worse. */
export const canaryRoutes: FastifyPluginAsyncTypebox<CanaryRoutesDeps> = async (app, { experiments }) => {
  const { canaries } = experiments
  const told = (view: CanaryView, reply: FastifyReply): CanaryReply => {
    tagged(reply, view.revision)
    return canaryReply(view, experiments.tally(view.id))
  }

  app.post(
    '/canaries',
    {
      config: documentedParts({ body: CanaryPlanSchema }),
      schema: {
        operationId: 'startCanary',
        summary: 'Let a version take over step by step; it begins at once',
        description:
          'It is compared with the version that the alias stands for, on the same traffic at the same time. When a guard ' +
          'is breached it is rolled back by itself, and after the last step the alias stands for it.',
        response: { 201: CanaryReplySchema, ...failures }
      }
    },
    async (request, reply) => {
      const plan = canaryNames.toInside(objectIn(request.body))
      const view = await inNames(canaryNames, 'canary', () => canaries.start(plan))
      void reply.code(201).header('location', `${pathOf(request.originalUrl)}/${view.id}`)
      return told(view, reply)
    }
  )

  app.get(
    '/canaries',
    {
      schema: {
        operationId: 'canaries',
        summary: 'All canaries, in the order of their ids',
        response: { 200: CanaryListReplySchema, ...failures }
      }
    },
    async () => ({ canaries: canaries.list().map(view => canaryReply(view, experiments.tally(view.id))) })
  )

  app.get(
    '/canaries/:id',
    {
      schema: {
        operationId: 'canary',
        summary: 'A canary as it stands: its step, what each guard says, and what was decided why',
        params: ExperimentParamsSchema,
        response: { 200: CanaryReplySchema, ...failures }
      }
    },
    async ({ params: { id } }, reply) => told(canaries.get(id), reply)
  )

  for (const [verb, { operationId, summary }] of Object.entries(verbs)) {
    app.post(
      `/canaries/:id/${verb}`,
      {
        schema: {
          operationId,
          summary,
          params: ExperimentParamsSchema,
          response: { 200: CanaryReplySchema, ...failures }
        }
      },
      async ({ params: { id } }, reply) => told(await canaries[verb as keyof typeof verbs](id), reply)
    )
  }

  app.post(
    '/canaries/:id/rollback',
    {
      config: documentedParts({ body: CanaryRollbackRequestSchema }),
      schema: {
        operationId: 'rollBackCanary',
        summary: 'Give all traffic back to control, by hand',
        params: ExperimentParamsSchema,
        response: { 200: CanaryReplySchema, ...failures }
      }
    },
    async ({ params: { id }, body }, reply) => told(await canaries.rollBack(id, reasonIn(body)), reply)
  )

  app.delete(
    '/canaries/:id',
    {
      schema: {
        operationId: 'removeCanary',
        summary: 'Forget a canary that has come to its end',
        params: ExperimentParamsSchema,
        response: { 204: Type.Null({ description: 'Done.' }), ...failures }
      }
    },
    async ({ params: { id } }, reply) => {
      await canaries.remove(id)
      return reply.code(204).send(null)
    }
  )
}

const verbs = {
  freeze: { operationId: 'freezeCanary', summary: 'Keep its share of traffic as it is; a breach still rolls it back' },
  resume: { operationId: 'resumeCanary', summary: 'Go on with a canary that is frozen or undecided' },
  promote: { operationId: 'promoteCanary', summary: 'Let the alias stand for the candidate, whatever the numbers say' }
} as const

function reasonIn(body: unknown): string | undefined {
  if (body === undefined) return undefined
  const reader = new BodyReader()
  const reason = reader.text(reader.object(body, ['body']), 'reason', { longest: longestReason, place: ['body'] })
  reader.throwIfFaulty()
  return reason
}
