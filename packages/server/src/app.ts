import Fastify, { type FastifyBaseLogger, LogController } from 'fastify'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { Registry } from 'prom-client'
import type { App } from './app-type.ts'
import type { Config } from './config-schema.ts'
import { createClientErrors } from './http/client-error.ts'
import { readJsonBodies } from './http/body-parsers.ts'
import { apiDocs } from './http/api-docs.ts'
import type { ApiName } from './http/openapi.ts'
import { version } from './version.ts'
import { replyToFailures } from './http/failed-replies.ts'
import { registerHttpMetrics } from './http/http-metrics.ts'
import { lazyValidators } from './http/lazy-validators.ts'
import { requestId } from './http/request-id.ts'
import { createRequestTally, type RequestTally } from './http/request-tally.ts'
import { type MetricsJson, metricsRoute } from './http/metrics-route.ts'
import { answerDirectly, type FindDirectRoute } from './http/direct-routes.ts'
import { type AnsweredRequest, createObserver, noRoute, observeRequests } from './http/observe-requests.ts'
import { pathOf } from './http/path-of.ts'
import type { Logger } from './logger.ts'
import type { ProcessMetrics } from './process-metrics.ts'

/** What every service is given. */
export interface CommonDeps {
  config: Pick<Config, 'bodyLimitBytes' | 'jsonDepthLimit'>
  logger: Logger
  processMetrics: ProcessMetrics
}

/** What {@link buildApp} is given. */
export interface AppDeps extends CommonDeps {
  /** Name of the service in metrics, log lines and API documents. */
  service: string
  /** Where the service registers its own metrics; `GET /metrics` adds those of the process. */
  registry?: Registry
  /** What `GET /metrics` answers those who would rather have JSON; without it everybody gets the text. */
  metricsJson?: MetricsJson | undefined
  /** Where its requests are counted, for metrics under other names. */
  requests?: RequestTally
  /** What the API documents call it; by the name of the service unless given. */
  apiName?: ApiName | undefined
  /** Routes that are answered past the framework; the app must have them too. */
  direct?: { find: FindDirectRoute; bodyLimitBytes: number } | undefined
}

/** How long a client may take to send a request. */
const longestRequestMs = 120_000

/** The longest part of a path that reaches a route: a series id of the longest kind, percent-encoded. */
const longestPathPart = 16_384

/**
 * A service without its own routes: body limits and parsing, request ids, one log line a request, one shape of failed
 * replies, `/metrics`, `/openapi.json`, `/docs` and `/redoc`. Every path is also answered under `/api`. Does not listen.
 */
export function buildApp({
  service,
  config,
  logger,
  processMetrics,
  registry = new Registry(),
  ...rest
}: AppDeps): App {
  const serviceLogger = logger.child({ service }) as FastifyBaseLogger
  const { requests = createRequestTally() } = rest
  registerHttpMetrics(service, registry, requests)
  const observe = createObserver(requests)
  const clientErrors = createClientErrors(observe, serviceLogger)
  const app: App = Fastify({
    loggerInstance: serviceLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    genReqId: request => requestId(request.headers['x-request-id']),
    bodyLimit: config.bodyLimitBytes,
    // Numbers as text, or true for 1, are mistakes of the client; nothing is converted and nothing left out silently.
    ajv: {
      customOptions: {
        coerceTypes: false,
        removeAdditional: false,
        allErrors: true,
        verbose: true,
        validateSchema: false,
        // An observation id is text or an integer.
        allowUnionTypes: true
      }
    },
    schemaController: {
      compilersFactory: {
        buildValidator: lazyValidators,
        // The types of replies are checked by the compiler: a serialiser made for each would only make starts longer.
        buildSerializer: () => () => JSON.stringify
      }
    },
    // The findings travel with this error; joining all of them into its message would be work for nothing.
    schemaErrorFormatter: () => new Error('the request does not fit its schema'),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: longestPathPart },
    rewriteUrl: request => withoutApiPrefix(request.url ?? '/'),
    requestTimeout: longestRequestMs,
    forceCloseConnections: 'idle',
    // What still arrives on an open connection is answered like everything before it.
    return503OnClosing: false,
    // Node.js would answer without a body.
    http: { requireHostHeader: false },
    clientErrorHandler: clientErrors.unreadable,
    frameworkErrors: (error, request, reply) => {
      // Hooks do not run for a path that cannot be routed.
      reply.raw.once('finish', () => {
        const { method, url, log } = request
        observe({ method, route: noRoute, path: pathOf(url), status: reply.statusCode, ms: reply.elapsedTime }, log)
      })
      app.errorHandler(error, request, reply)
    }
  }).withTypeProvider<TypeBoxTypeProvider>()
  if (rest.direct !== undefined) {
    const observeDirectly = (answered: AnsweredRequest, id: string): void => observe(answered, serviceLogger, id)
    answerDirectly(app.server, { ...rest.direct, observe: observeDirectly })
  }
  app.server.on('connect', (_request, socket) => clientErrors.tunnel(socket))
  // An expectation that nobody knows may be passed over (RFC 9110, section 10.1.1).
  app.server.on('checkExpectation', (request, reply) => app.server.emit('request', request, reply))
  readJsonBodies(app, config.jsonDepthLimit)
  observeRequests(app, observe)
  replyToFailures(app)
  apiDocs(app, rest.apiName ?? { title: `Millrace ${service}`, version })
  void app.register(metricsRoute({ registry, processMetrics, json: rest.metricsJson }))
  return app
}

/** Behind a reverse proxy the same paths begin with `/api`. */
function withoutApiPrefix(url: string): string {
  if (!url.startsWith('/api')) return url
  const rest = url.slice('/api'.length)
  if (rest.startsWith('/')) return rest
  return rest === '' || rest.startsWith('?') ? `/${rest}` : url
}
