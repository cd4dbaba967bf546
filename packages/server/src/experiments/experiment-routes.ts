import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Experiments, ExperimentView } from '@millrace/engine'
import {
  ExperimentChangeSchema,
  ExperimentDefinitionSchema,
  ExperimentListReplySchema,
  ExperimentParamsSchema,
  ExperimentQuerySchema,
  type ExperimentReply,
  ExperimentReplySchema,
  Type
} from '@millrace/protocol'
import type { FastifyReply } from 'fastify'
import { refuse } from '../documents/body-reader.ts'
import { queryText } from '../documents/query.ts'
import { documentedParts } from '../http/documented-parts.ts'
import { pathOf } from '../http/path-of.ts'
import { failures } from '../http/route-schema.ts'
import { objectIn } from './body.ts'
import { IfMatchHeadersSchema, revisionWanted, tagged } from './entity-tag.ts'
import { draftOf, experimentNames, experimentReply } from './experiment-json.ts'
import { inNames, invalidDefinition } from './invalid-definition.ts'

/** What {@link experimentRoutes} is given. */
export interface ExperimentRoutesDeps {
  experiments: Pick<Experiments, 'list' | 'get' | 'create' | 'change' | 'start' | 'pause' | 'stop' | 'remove' | 'tally'>
}

const states = ['draft', 'running', 'paused', 'stopped']

const guarded = 'With If-Match, only the revision of that ETag, so that nobody overwrites what they have not seen.'

/** `/experiments`: what experiments there are, and what becomes of them. */
export const experimentRoutes: FastifyPluginAsyncTypebox<ExperimentRoutesDeps> = async (app, { experiments }) => {
  const told = (view: ExperimentView, reply: FastifyReply): ExperimentReply => {
    tagged(reply, view.revision)
    return experimentReply(view, experiments.tally(view.definition.id))
  }

  app.post(
    '/experiments',
    {
      config: documentedParts({ body: ExperimentDefinitionSchema }),
      schema: {
        operationId: 'createExperiment',
        summary: 'A new experiment; it decides about requests once it is started',
        description: 'Whatever is wrong with it is told at once, each fault with its place.',
        response: { 201: ExperimentReplySchema, ...failures }
      }
    },
    async (request, reply) => {
      const draft = draftOf(objectIn(request.body))
      const view = await inNames(experimentNames, 'experiment', () => experiments.create(draft))
      void reply.code(201).header('location', `${pathOf(request.originalUrl)}/${view.definition.id}`)
      return told(view, reply)
    }
  )

  app.get(
    '/experiments',
    {
      config: documentedParts({ querystring: ExperimentQuerySchema }),
      schema: {
        operationId: 'experiments',
        summary: 'All experiments, in the order of their ids',
        response: { 200: ExperimentListReplySchema, ...failures }
      }
    },
    async ({ query }) => {
      const model = queryText(query, 'model')
      const state = queryText(query, 'state')
      if (state !== undefined && !states.includes(state)) {
        refuse({ type: 'enum', loc: ['query', 'state'], msg: `Input should be one of ${states.join(', ')}` })
      }
      const wanted = experiments
        .list()
        .filter(view => model === undefined || view.definition.model === model)
        .filter(view => state === undefined || view.state === state)
      return { experiments: wanted.map(view => experimentReply(view, experiments.tally(view.definition.id))) }
    }
  )

  app.get(
    '/experiments/:id',
    {
      schema: {
        operationId: 'experiment',
        summary: 'An experiment as it stands',
        params: ExperimentParamsSchema,
        response: { 200: ExperimentReplySchema, ...failures }
      }
    },
    async ({ params: { id } }, reply) => told(experiments.get(id), reply)
  )

  app.patch(
    '/experiments/:id',
    {
      config: documentedParts({ body: ExperimentChangeSchema, headers: IfMatchHeadersSchema }),
      schema: {
        operationId: 'changeExperiment',
        summary: 'Change an experiment: the fields that are given, all of them or none',
        description:
          'Once it was started, what leaves its numbers comparable; the rest with new_phase, which begins to count anew. ' +
          guarded,
        params: ExperimentParamsSchema,
        response: { 200: ExperimentReplySchema, ...failures }
      }
    },
    async ({ params: { id }, body, headers }, reply) => {
      const revision = revisionWanted(headers, experiments.get(id).revision)
      const { new_phase: isNewPhase = false, ...change } = objectIn(body)
      if (typeof isNewPhase !== 'boolean') {
        throw invalidDefinition('experiment', [{ place: ['new_phase'], message: 'must be true or false' }])
      }
      const work = () => experiments.change(id, draftOf(change), revision, { isNewPhase })
      return told(await inNames(experimentNames, 'experiment', work), reply)
    }
  )

  for (const [verb, { operationId, summary, description }] of Object.entries(verbs)) {
    app.post(
      `/experiments/:id/${verb}`,
      {
        config: documentedParts({ headers: IfMatchHeadersSchema }),
        schema: {
          operationId,
          summary,
          description: `${description} Done already, it does nothing. ${guarded}`,
          params: ExperimentParamsSchema,
          response: { 200: ExperimentReplySchema, ...failures }
        }
      },
      async ({ params: { id }, headers }, reply) => {
        const revision = revisionWanted(headers, experiments.get(id).revision)
        const work = () => experiments[verb as keyof typeof verbs](id, revision)
        return told(await inNames(experimentNames, 'experiment', work), reply)
      }
    )
  }

  app.delete(
    '/experiments/:id',
    {
      config: documentedParts({ headers: IfMatchHeadersSchema }),
      schema: {
        operationId: 'removeExperiment',
        summary: 'Forget a draft or a stopped experiment, with all that was measured',
        description: guarded,
        params: ExperimentParamsSchema,
        response: { 204: Type.Null({ description: 'Done.' }), ...failures }
      }
    },
    async ({ params: { id }, headers }, reply) => {
      await experiments.remove(id, revisionWanted(headers, experiments.get(id).revision))
      return reply.code(204).send(null)
    }
  )
}

const verbs = {
  start: {
    operationId: 'startExperiment',
    summary: 'Let an experiment decide about requests from now on',
    description: 'Also goes on with one that is paused.'
  },
  pause: {
    operationId: 'pauseExperiment',
    summary: 'Let an experiment decide nothing until it is started again',
    description: 'What was measured stays, and feedback is still counted.'
  },
  stop: {
    operationId: 'stopExperiment',
    summary: 'End an experiment for good',
    description: 'Its results stay, and late feedback is still counted.'
  }
} as const
