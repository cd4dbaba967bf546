import type { ModelServer } from '@millrace/engine'
import type { DirectAnswer, DirectRoute, FindDirectRoute } from '../../http/direct-routes.ts'
import { whoAsksBy } from '../../http/who-asks.ts'
import type { Logger } from '../../logger.ts'
import { errorBody, failureHeaders, logFailure, protocolFailureOf } from '../failed-protocol-replies.ts'
import { type InferAnswer, inferAnswers } from './infer-answer.ts'

/** Most paths whose routes are remembered; there are as many as models and versions that are asked. */
const mostPaths = 1000

/** What {@link directInfer} is given. */
export interface DirectInferDeps {
  readonly models: Pick<ModelServer, 'infer' | 'resolve' | 'model'>
  readonly log: Logger
  /** Name of the header that names the unit of experiments; the standard one unless given. */
  readonly unitHeader?: string | undefined
}

/** Finds the route of `POST /v2/models/{model}[/versions/{version}]/infer` for requests that go past the framework. */
export function directInfer({ models, log, unitHeader }: DirectInferDeps): FindDirectRoute {
  const answer = inferAnswers({ models, whoAsks: whoAsksBy(unitHeader) })
  const routes = new Map<string, DirectRoute>()
  const added = (url: string): DirectRoute | undefined => {
    const asked = askedBy(url)
    if (asked === undefined) return undefined
    const route = routeOf(asked, answer, log)
    if (routes.size >= mostPaths) routes.clear()
    routes.set(url, route)
    return route
  }
  return url => routes.get(url) ?? added(url)
}

interface Asked {
  model: string
  version: string | undefined
}

const inferPath = /^\/v2\/models\/([^/?#]+)(?:\/versions\/([^/?#]+))?\/infer$/

/** Undefined for every other path, and for one that is not encoded as it should be. */
function askedBy(url: string): Asked | undefined {
  const [found, model, version] = inferPath.exec(url) ?? []
  if (found === undefined) return undefined
  try {
    return { model: decodeURIComponent(model!), version: version && decodeURIComponent(version) }
  } catch {
    return undefined
  }
}

function routeOf(asked: Asked, answer: ReturnType<typeof inferAnswers>, log: Logger): DirectRoute {
  return {
    route: asked.version === undefined ? '/v2/models/:model/infer' : '/v2/models/:model/versions/:version/infer',
    answer: (body, { headers }, id) =>
      answer({ ...asked, headers, body, id }).then(whole, (error: unknown) => failed(error, id, log))
  }
}

function whole({ headers, body }: InferAnswer): DirectAnswer {
  return { status: 200, headers, body }
}

function failed(error: unknown, requestId: string, log: Logger): DirectAnswer {
  const failure = protocolFailureOf(error)
  logFailure(log, failure, error, { request_id: requestId })
  return {
    status: failure.status,
    headers: ['content-type', 'application/json', ...Object.entries(failureHeaders(failure)).flat()],
    body: JSON.stringify(errorBody(failure))
  }
}
