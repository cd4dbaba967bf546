import swagger from '@fastify/swagger'
import type { App } from '../app-type.ts'
import { version } from '../version.ts'

/**
 * Collects the schemas of the routes that follow, as OpenAPI 3.1.
 * @returns the document as JSON; made when first asked for, since few starts need it
 */
export function openApi(app: App, service: string): () => string {
  // Not awaited: Fastify loads plugins in order when the app gets ready.
  void app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: `Millrace ${service}`,
        version,
        description: 'Failed requests are answered with `{ code, message, details, detail }`; branch on `code`.',
        license: { name: 'MIT', identifier: 'MIT' }
      }
    }
  })
  let text: string | undefined
  return () => (text ??= JSON.stringify(withNamedSchemas(app.swagger())))
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
