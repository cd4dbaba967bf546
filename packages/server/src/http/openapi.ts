import type { RouteOptions } from 'fastify'
import type { App } from '../app-type.ts'

/** What API documents are called. */
export interface ApiName {
  title: string
  version: string
}

type DescribedRoute = Pick<RouteOptions, 'method' | 'url' | 'schema' | 'config'>

/**
 * Remembers the routes that follow.
 * @returns a function that describes them as OpenAPI 3.1, in JSON. The document is made when it is first asked for, and
 *   what makes it is loaded then: few starts need either.
 */
export function openApi(app: App, name: ApiName): () => Promise<string> {
  const routes: DescribedRoute[] = []
  app.addHook('onRoute', ({ method, url, schema = {}, config = {} }) => {
    if (method !== 'HEAD') routes.push({ method, url, schema, config })
  })
  let text: Promise<string> | undefined
  return () => (text ??= describe(routes, name))
}

/** The plugin reads routes as they are added to an app, so it gets one that does nothing else. */
async function describe(routes: readonly DescribedRoute[], name: ApiName): Promise<string> {
  const [{ fastify }, { default: swagger }] = await Promise.all([import('fastify'), import('@fastify/swagger')])
  const app = fastify({ exposeHeadRoutes: false })
  app.setValidatorCompiler(() => () => true).setSerializerCompiler(() => JSON.stringify)
  await app.register(swagger, { openapi: documentOf(name) })
  for (const route of routes) app.route({ ...route, handler: async () => undefined })
  await app.ready()
  return JSON.stringify(withNamedSchemas(app.swagger()))
}

function documentOf(name: ApiName) {
  return {
    openapi: '3.1.0',
    info: {
      ...name,
      description: 'Failed requests are answered with `{ code, message, details, detail }`; branch on `code`.',
      license: { name: 'MIT', identifier: 'MIT' }
    }
  }
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** The document with each schema that has a title moved to `components.schemas` and referred to by that name. */
function withNamedSchemas(document: object): object {
  const schemas: Record<string, Json> = {}
  const visit = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(visit)
    if (value === null || typeof value !== 'object') return value
    const copy = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, visit(inner)]))
    if (typeof copy['title'] !== 'string' || typeof copy['type'] !== 'string') return copy
    schemas[copy['title']] = copy
    return { $ref: `#/components/schemas/${copy['title']}` }
  }
  // Through text once, because the plugin leaves undefined and shared objects in it.
  const copy = visit(JSON.parse(JSON.stringify(document)) as Json) as Record<string, Json>
  return { ...copy, components: { schemas } }
}
