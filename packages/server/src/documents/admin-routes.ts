import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { MillraceError } from '@millrace/common'
import type { LoadReport, ModelServer } from '@millrace/engine'
import {
  ActivateParamsSchema,
  type ActivateReply,
  ActivateReplySchema,
  ModelQuerySchema,
  type ReloadReply,
  ReloadReplySchema
} from '@millrace/protocol'
import { documentedParts } from '../http/documented-parts.ts'
import { failures } from '../http/route-schema.ts'
import type { ServingMetrics } from '../metrics/serving-metrics.ts'
import type { DataModel } from './data-model.ts'
import { queryText } from './query.ts'
import { wineModel } from './wine-answer.ts'

/** What {@link adminRoutes} is given. */
export interface AdminDeps {
  models: Pick<ModelServer, 'models' | 'model' | 'reload' | 'problems' | 'moveAlias' | 'rollback'>
  dataModel: DataModel
  featuresModel: string
  metrics: Pick<ServingMetrics, 'reloaded'>
  now: () => number
}

const ofAnotherModel = 'Of the model that answers lists of features, or of another with ?model=.'

/** What changes which versions are served: reloading, activating, going back. */
export const adminRoutes: FastifyPluginAsyncTypebox<AdminDeps> = async (app, deps) => {
  const { models, dataModel, featuresModel } = deps
  const reloads = {
    '/models/reload': {
      operationId: 'reloadModels',
      told: () => dataModel.name(),
      done: 'Models reloaded successfully'
    },
    '/model/reload': { operationId: 'reloadModel', told: () => wineModel, done: 'Model reloaded successfully' }
  }
  for (const [path, { operationId, told, done }] of Object.entries(reloads)) {
    app.post(
      path,
      {
        config: documentedParts({ querystring: ModelQuerySchema }),
        schema: {
          operationId,
          summary: 'Look at the files of the models now, and serve what changed',
          description:
            'Of all models, or of one with ?model=. What cannot be loaded is told with an error, and what was served ' +
            'before it still is.',
          response: { 200: ReloadReplySchema, ...failures }
        }
      },
      async ({ query }) => {
        const model = queryText(query, 'model')
        const report = await reload(deps, model)
        return reloadReply(deps, { report, model: model ?? told(), message: done })
      }
    )
  }

  app.post(
    '/models/:version/activate',
    {
      config: documentedParts({ querystring: ModelQuerySchema }),
      schema: {
        operationId: 'activateModel',
        summary: 'Let a version answer from now on',
        description: `It is loaded first, no request is dropped, and it survives restarts. ${ofAnotherModel}`,
        params: ActivateParamsSchema,
        response: { 200: ActivateReplySchema, ...failures }
      }
    },
    async ({ params: { version }, query }): Promise<ActivateReply> => {
      const model = queryText(query, 'model') ?? featuresModel
      const before = models.model(model).aliases.get('default') ?? null
      await models.moveAlias(model, 'default', version)
      return { message: `Model ${version} activated successfully`, model, version, previous_version: before }
    }
  )

  app.post(
    '/models/rollback',
    {
      config: documentedParts({ querystring: ModelQuerySchema }),
      schema: {
        operationId: 'rollbackModel',
        summary: 'Let the version answer again that did before',
        description: ofAnotherModel,
        response: { 200: ActivateReplySchema, ...failures }
      }
    },
    async ({ query }): Promise<ActivateReply> => {
      const model = queryText(query, 'model') ?? featuresModel
      const before = models.model(model).aliases.get('default') ?? null
      const version = await models.rollback(model)
      return { message: `Model ${version} activated again`, model, version, previous_version: before }
    }
  )
}

/** @throws {MillraceError} MILL_MODEL_INVALID with the reasons, or MILL_SOURCE_FAILED; what was served still is */
async function reload({ models, metrics }: AdminDeps, model: string | undefined): Promise<LoadReport> {
  try {
    const report = await models.reload(model)
    refuseProblems(models.problems())
    refuseFailed(report.failed)
    metrics.reloaded(true)
    return report
  } catch (error) {
    metrics.reloaded(false)
    throw error
  }
}

function refuseProblems(problems: ReadonlyMap<string, string>): void {
  if (problems.size === 0) return
  const reasons = Array.from(problems, ([location, reason]) => `${location}: ${reason}`)
  throw new MillraceError('MILL_SOURCE_FAILED', `models cannot be read: ${reasons.join('; ')}`)
}

function refuseFailed(failed: LoadReport['failed']): void {
  if (failed.length === 0) return
  const reasons = failed.map(({ model, version, reason }) => `${model}/${version}: ${reason}`)
  throw new MillraceError(
    'MILL_MODEL_INVALID',
    `not all models could be loaded, and what was served before still is: ${reasons.join('; ')}`,
    { details: { failed } }
  )
}

function reloadReply(
  { models, now }: AdminDeps,
  { report, model, message }: { report: LoadReport; model: string; message: string }
): ReloadReply {
  const status = models.models().find(({ name }) => name === model)
  return {
    status: 'success',
    message,
    model_name: status?.name ?? null,
    model_version: status?.aliases.get('default') ?? null,
    timestamp: new Date(now()).toISOString(),
    loaded: [...report.loaded],
    unloaded: [...report.unloaded]
  }
}
