import type { IncomingMessage } from 'node:http'
import { pathOf } from '../http/path-of.ts'

/** What a path asks of a model. */
interface Asked {
  readonly model: string
  readonly version: string | undefined
}

/** What is answered whatever the models are. */
const probes = new Set(['/livez', '/readyz', '/healthz', '/v2/health/live', '/v2/health/ready'])

/** Only the body, a header or the query says which model is asked; who has read it knows whether it is ours. */
const questions = new Set([
  '/predict',
  '/predict/batch',
  '/predict/fraud',
  '/predict/ctr',
  '/predict/bid',
  '/invocations'
])

const inferPath = /^\/v2\/models\/([^/]+)(?:\/versions\/([^/]+))?\/infer$/
const predictPath = /^\/v1\/models\/([^/:]+)(?:\/(?:versions|labels)\/([^/:]+))?:predict$/

/** Most paths that are remembered; there are as many as models and versions that are asked. */
const mostPaths = 1000

/**
 * Tells which requests a worker tries to answer: probes, and questions to models that are its own. Everything else is
 * the primary's, also what nobody knows.
 * @param answers whether a model, in the version or by the alias named, is the worker's to answer for
 */
export function ownRequests(
  answers: (model: string, version: string | undefined) => boolean
): (request: Pick<IncomingMessage, 'method' | 'url'>) => boolean {
  const paths = new Map<string, Asked | boolean>()
  const judged = (url: string): Asked | boolean => {
    const found = judge(pathOf(url.startsWith('/api/') ? url.slice('/api'.length) : url))
    if (paths.size >= mostPaths) paths.clear()
    paths.set(url, found)
    return found
  }
  return ({ method, url = '/' }) => {
    if (method === 'GET' || method === 'HEAD') return probes.has(url)
    if (method !== 'POST') return false
    const asked = paths.get(url) ?? judged(url)
    return typeof asked === 'boolean' ? asked : answers(asked.model, asked.version)
  }
}

function judge(path: string): Asked | boolean {
  if (questions.has(path)) return true
  const [, model, version] = inferPath.exec(path) ?? predictPath.exec(path) ?? []
  if (model === undefined) return false
  try {
    return { model: decodeURIComponent(model), version: version && decodeURIComponent(version) }
  } catch {
    return false
  }
}
