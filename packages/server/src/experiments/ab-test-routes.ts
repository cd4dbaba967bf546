import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Experiments } from '@millrace/engine'
import {
  type AbTestConfigureReply,
  AbTestConfigureReplySchema,
  AbTestConfigureRequestSchema,
  type AbTestStatusReply,
  AbTestStatusReplySchema
} from '@millrace/protocol'
import { documentedParts } from '../http/documented-parts.ts'
import { failures } from '../http/route-schema.ts'
import type { AbTest } from './ab-test.ts'
import { abTestId, configOf } from './ab-test-config.ts'
import { abTestStatus } from './ab-test-status.ts'
import { objectIn } from './body.ts'

/** What {@link abTestRoutes} is given. */
export interface AbTestRoutesDeps {
  abTest: Pick<AbTest, 'state' | 'configure'>
  experiments: Pick<Experiments, 'tally' | 'results'>
  /** Name of the model that answers lists of features. */
  featuresModel: string
  /** Milliseconds since 1970. */
  now: () => number
}

/** The documented A/B test: `/ab-test/status` and `/ab-test/configure`. */
export const abTestRoutes: FastifyPluginAsyncTypebox<AbTestRoutesDeps> = async (app, deps) => {
  const { abTest, experiments, featuresModel: model, now } = deps
  const startedAt = now()

  app.get(
    '/ab-test/status',
    {
      schema: {
        operationId: 'abTestStatus',
        summary: 'How requests to /predict with a list of features are divided, and what came of it',
        response: { 200: AbTestStatusReplySchema, ...failures }
      }
    },
    async (): Promise<AbTestStatusReply> => {
      const state = abTest.state()
      const { view } = state
      if (view === undefined) return abTestStatus(state, undefined, { model, startedAt })
      const results = await experiments.results(abTestId)
      return abTestStatus(state, { view, tally: experiments.tally(abTestId), results }, { model, startedAt })
    }
  )

  app.post(
    '/ab-test/configure',
    {
      config: documentedParts({ body: AbTestConfigureRequestSchema }),
      schema: {
        operationId: 'configureAbTest',
        summary: 'Change how requests are divided: any of the fields, all that are given or none',
        description:
          'Kept through restarts, in place of the settings. Other models or another strategy begin a new phase, with ' +
          'nothing counted. Whatever is wrong is told at once, with 400, and nothing is changed.',
        response: { 200: AbTestConfigureReplySchema, ...failures }
      }
    },
    async ({ body }): Promise<AbTestConfigureReply> => {
      const { wishes, view } = await abTest.configure(objectIn(body))
      return {
        message: 'A/B test configuration updated',
        config: configOf(wishes),
        experiment: abTestId,
        phase: view?.phase ?? 0,
        revision: view?.revision ?? 0
      }
    }
  )
}
