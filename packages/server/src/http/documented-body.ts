import type { FastifySchema } from 'fastify'
import type { TSchema } from 'typebox'

/** The `config` of a route that looks at the body itself, by more than a schema can say, and whose documents tell of it. */
export function documentedBody(body: TSchema) {
  return {
    swaggerTransform: ({ schema, url }: { schema: FastifySchema; url: string }) => ({
      url,
      schema: { ...schema, body }
    })
  }
}
