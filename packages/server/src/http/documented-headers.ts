import type { FastifySchema } from 'fastify'
import type { TObject } from 'typebox'

/**
 * The `config` of a route whose documents tell of request headers. The route looks at them itself: a schema for the
 * validator, which is compiled for each route, would make every start longer.
 */
export function documentedHeaders(headers: TObject) {
  return {
    swaggerTransform: ({ schema, url }: { schema: FastifySchema; url: string }) => ({
      url,
      schema: { ...schema, headers }
    })
  }
}
