import type { FastifySchema } from 'fastify'
import type { TSchema } from 'typebox'

/**
 * The `config` of a route that looks at parts of the request itself, by more than a schema can say or to spare the
 * validator, and whose documents tell of them.
 */
export function documentedParts(parts: { body?: TSchema; querystring?: TSchema; headers?: TSchema }) {
  return {
    swaggerTransform: ({ schema, url }: { schema: FastifySchema; url: string }) => ({
      url,
      schema: { ...schema, ...parts }
    })
  }
}
