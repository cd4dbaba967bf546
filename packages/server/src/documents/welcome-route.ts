import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { ModelServer } from '@millrace/engine'
import { Type, type WelcomeReply, WelcomeReplySchema } from '@millrace/protocol'
import { preferredType } from '../http/preferred-type.ts'
import { pathOf } from '../http/path-of.ts'
import { failures } from '../http/route-schema.ts'
import { columnsOf } from './matrix.ts'
import { pagePolicy, welcomePage } from './welcome-page.ts'
import { wineModel } from './wine-answer.ts'

/** What {@link welcomeRoute} is given. */
export interface WelcomeDeps {
  models: Pick<ModelServer, 'models'>
  /** Title and version of the API. */
  title: string
  version: string
}

const content = {
  'application/json': { schema: WelcomeReplySchema },
  'text/html': { schema: Type.String({ description: 'A page of links.' }) }
}

const offers = ['application/json', 'text/html'] as const

/** Where to begin, by what it is for. */
const endpoints = {
  predict: '/predict',
  batch: '/predict/batch',
  health: '/health',
  metrics: '/metrics',
  models: '/models',
  sample: '/sample',
  feedback: '/feedback',
  ab_test: '/ab-test/status',
  experiments: '/experiments',
  canaries: '/canaries',
  shadows: '/shadows',
  docs: '/docs',
  redoc: '/redoc',
  openapi: '/openapi.json'
}

const description =
  'Serves models and their versions, and learners that go on learning: predictions, experiments between versions, health and metrics.'

/** `GET /`: what this is and where to go, in JSON, or as a page for a browser. */
export const welcomeRoute: FastifyPluginAsyncTypebox<WelcomeDeps & { routes: readonly string[] }> = async (
  app,
  { models, title, version, routes }
) => {
  app.get(
    '/',
    {
      schema: {
        operationId: 'welcome',
        summary: 'What this server is and offers',
        description: 'A page of links for a browser, by the header Accept.',
        response: { 200: { description: 'By `Accept`.', content }, ...failures }
      }
    },
    async (request, reply) => {
      void reply.header('vary', 'Accept')
      if (preferredType(request.headers.accept, offers) === 'text/html') {
        return reply
          .header('content-security-policy', pagePolicy)
          .type('text/html; charset=utf-8')
          .send(welcomePage({ title, version, root: rootOf(request.originalUrl), models: models.models() }))
      }
      const welcome: WelcomeReply = {
        name: title,
        version,
        status: 'alive',
        description,
        endpoints,
        routes: [...routes],
        model_info: wineInfo(models)
      }
      return welcome
    }
  )
}

/** Links are relative, so that they also hold under `/api`, which has its own last part when the slash is missing. */
function rootOf(url: string): string {
  const last = pathOf(url).split('/').at(-1)!
  return last === '' ? '' : `${last}/`
}

function wineInfo(models: WelcomeDeps['models']): WelcomeReply['model_info'] {
  const wine = models.models().find(({ name }) => name === wineModel)
  const active = wine?.versions.find(({ version }) => version === wine.aliases.get('default'))
  const { served, metadata = served?.metadata } = active ?? {}
  if (wine === undefined || metadata === undefined) return null
  const features = (served === undefined ? undefined : columnsOf(served)) ?? metadata.features.length
  return { name: wine.name, type: metadata.modelType ?? 'classification', features, target: 'quality' }
}
