import type { FastifySchema } from 'fastify'
import type { TSchema } from 'typebox'

/**
 * The `config` of a route whose documents tell of its body. The route reads the body itself: the validator would go over
 * every element of a tensor once more.
 */
export function documentedBody(body: TSchema) {
  return {
    swaggerTransform: ({ schema, url }: { schema: FastifySchema; url: string }) => ({
      url,
      schema: { ...schema, body }
    })
  }
}
