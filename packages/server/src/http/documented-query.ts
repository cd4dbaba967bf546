import type { FastifySchema } from 'fastify'
import type { TObject } from 'typebox'

/** The `config` of a route that looks at its query itself, and whose documents tell of it. */
export function documentedQuery(querystring: TObject) {
  return {
    swaggerTransform: ({ schema, url }: { schema: FastifySchema; url: string }) => ({
      url,
      schema: { ...schema, querystring }
    })
  }
}
