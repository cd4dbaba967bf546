import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { ObservationStream, StreamedObservation } from '@millrace/engine'
import {
  CommitReplySchema,
  CommitRequestSchema,
  IngestionHealthReplySchema,
  NextHeadersSchema,
  type ObservationReply,
  ObservationReplySchema,
  ResetReplySchema,
  StreamStatusReplySchema,
  Type
} from '@millrace/protocol'
import { buildApp, type CommonDeps } from '../app.ts'
import type { App } from '../app-type.ts'
import { documentedHeaders } from '../http/documented-headers.ts'
import { HttpError, invalidRequest } from '../http/failure.ts'
import { failures } from '../http/route-schema.ts'

/** What the ingestion service is given. */
export interface IngestionDeps extends CommonDeps {
  stream: ObservationStream
}

/** The ingestion service: hands out the observations of a stream, one at a time. Does not listen. */
export function buildIngestion({ stream, ...common }: IngestionDeps): App {
  const app = buildApp({ ...common, service: 'ingestion' })
  void app.register(ingestionRoutes, { stream })
  return app
}

const nothing = Type.Null({ description: 'The stream is exhausted.' })

const ingestionRoutes: FastifyPluginAsyncTypebox<{ stream: ObservationStream }> = async (app, { stream }) => {
  app.get(
    '/health',
    {
      schema: {
        operationId: 'health',
        summary: 'Is the service up',
        response: { 200: IngestionHealthReplySchema, ...failures }
      }
    },
    async () => ({ status: 'healthy' as const, total_observations: (await stream.status()).totalObservations })
  )

  app.get(
    '/next',
    {
      // HEAD must not use up an observation.
      exposeHeadRoute: false,
      config: documentedHeaders(NextHeadersSchema),
      schema: {
        operationId: 'nextObservation',
        summary: 'The next observation',
        description:
          'Moves on, so that each observation is handed out once. With X-Millrace-Delivery: hold it stays until POST ' +
          '/commit, so that an observation whose taker fails is not lost.',
        response: { 200: ObservationReplySchema, 204: nothing, ...failures }
      }
    },
    async ({ headers }, reply) => {
      const isHeld = isToBeHeld(headers['x-millrace-delivery'])
      const observation = isHeld ? await stream.peek() : await stream.next()
      if (observation === undefined) return reply.code(204).send(null)
      return reply.send(observationReply(observation, isHeld))
    }
  )

  app.post(
    '/commit',
    {
      schema: {
        operationId: 'commitObservation',
        summary: 'Move past an observation that was held',
        body: CommitRequestSchema,
        response: { 200: CommitReplySchema, ...failures }
      }
    },
    async ({ body: { observation_id, observation_key } }) => {
      await stream.commit({ observationId: observation_id, observationKey: observation_key })
      return { observation_id, observation_key, status: 'committed' as const }
    }
  )

  app.post(
    '/reset',
    {
      schema: {
        operationId: 'resetStream',
        summary: 'Begin again with the first observation',
        response: { 200: ResetReplySchema, ...failures }
      }
    },
    async () => {
      await stream.reset()
      const { totalObservations } = await stream.status()
      return { message: 'Stream reset to beginning', total_observations: totalObservations }
    }
  )

  app.get(
    '/status',
    {
      schema: {
        operationId: 'streamStatus',
        summary: 'Where the stream stands',
        response: { 200: StreamStatusReplySchema, ...failures }
      }
    },
    async () => {
      const { currentIndex, totalObservations, remaining, completed } = await stream.status()
      return { current_index: currentIndex, total_observations: totalObservations, remaining, completed }
    }
  )
}

function observationReply(observation: StreamedObservation, isHeld: boolean): ObservationReply {
  const { observationId, input, target, remaining, observationKey } = observation
  const fields = { observation_id: observationId, input, target, remaining, observation_key: observationKey }
  return isHeld ? { ...fields, held: true } : fields
}

/** @throws {HttpError} MILL_REQUEST_INVALID for a kind of delivery that nobody knows: it may be a mistyped one */
function isToBeHeld(delivery: unknown): boolean {
  if (delivery === undefined || delivery === 'hold') return delivery === 'hold'
  const loc = ['header', 'x-millrace-delivery']
  throw new HttpError(invalidRequest([{ type: 'literal_error', loc, msg: 'Input should be hold' }]))
}
