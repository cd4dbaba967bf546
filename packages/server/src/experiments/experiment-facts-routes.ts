import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Experiments, HistoryEntry } from '@millrace/engine'
import {
  AssignmentQuerySchema,
  type AssignmentReply,
  AssignmentReplySchema,
  type ExperimentHistoryReply,
  ExperimentHistoryReplySchema,
  ExperimentParamsSchema,
  ExperimentResultsReplySchema
} from '@millrace/protocol'
import { refuse } from '../documents/body-reader.ts'
import { queryText } from '../documents/query.ts'
import { documentedParts } from '../http/documented-parts.ts'
import { missing } from '../http/faults.ts'
import { failures } from '../http/route-schema.ts'
import { isUnitId } from '../http/who-asks.ts'
import { timeText } from './experiment-json.ts'
import { resultsReply } from './results-json.ts'
import { snakeCased } from './snake-case.ts'

/** What {@link experimentFactsRoutes} is given. */
export interface ExperimentFactsDeps {
  experiments: Pick<Experiments, 'get' | 'tally' | 'results' | 'assignment'>
}

/** What is known of an experiment: `/results`, `/history` and `/assignment`. */
export const experimentFactsRoutes: FastifyPluginAsyncTypebox<ExperimentFactsDeps> = async (app, { experiments }) => {
  app.get(
    '/experiments/:id/results',
    {
      schema: {
        operationId: 'experimentResults',
        summary: 'What an experiment has shown so far, and what may be concluded',
        description: 'May be looked at as often as you like: its p-values and intervals hold at all times together.',
        params: ExperimentParamsSchema,
        response: { 200: ExperimentResultsReplySchema, ...failures }
      }
    },
    async ({ params: { id } }) => {
      const results = await experiments.results(id)
      return resultsReply(experiments.get(id), results, experiments.tally(id))
    }
  )

  app.get(
    '/experiments/:id/history',
    {
      schema: {
        operationId: 'experimentHistory',
        summary: 'How an experiment came to be what it is',
        params: ExperimentParamsSchema,
        response: { 200: ExperimentHistoryReplySchema, ...failures }
      }
    },
    async ({ params: { id } }): Promise<ExperimentHistoryReply> => ({
      id,
      history: experiments.get(id).history.map(historyReply)
    })
  )

  app.get(
    '/experiments/:id/assignment',
    {
      config: documentedParts({ querystring: AssignmentQuerySchema }),
      schema: {
        operationId: 'experimentAssignment',
        summary: 'Which arm a unit would get, and why; asking changes nothing',
        params: ExperimentParamsSchema,
        response: { 200: AssignmentReplySchema, ...failures }
      }
    },
    async ({ params: { id }, query }): Promise<AssignmentReply> => {
      const unit = unitIn(query)
      const { definition, state } = experiments.get(id)
      const { bucket, arm, probability, reason } = await experiments.assignment(id, unit)
      const version = definition.arms.find(({ name }) => name === arm)?.version ?? null
      return { experiment: id, state, unit_id: unit, bucket, arm, version, probability, reason }
    }
  )
}

/** An entry of a history as replies tell it. */
function historyReply({ at, revision, what, details }: HistoryEntry) {
  return { at: timeText(at), revision, what, details: snakeCased(details) as Record<string, unknown> }
}

function unitIn(query: unknown): string {
  const unit = queryText(query, 'unit_id')
  const loc = ['query', 'unit_id']
  if (unit === undefined) return refuse(missing(loc))
  if (isUnitId(unit)) return unit
  return refuse({ type: 'value_error', loc, msg: 'String should have 1 to 256 characters' })
}
