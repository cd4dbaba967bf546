import type { FastifyRequest } from 'fastify'
import type { App } from '../app-type.ts'
import { decompress } from './compression.ts'

/**
 * Hands bodies of every type, or none, to the routes of this scope as they came, decompressed.
 * @param limitBytes most bytes of a body, both before and after decompression
 */
export function readRawBodies(app: App, limitBytes: number): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: limitBytes }, (request, body: Buffer, done) => {
    const contentEncoding = request.headers['content-encoding']
    if (contentEncoding === undefined) done(null, body)
    else decompress({ body, contentEncoding }, limitBytes, done)
  })
}

const nothing = Buffer.alloc(0)

/** The body of a request that {@link readRawBodies} has read; empty where there is none. */
export function bodyOf({ body }: Pick<FastifyRequest, 'body'>): Buffer {
  return Buffer.isBuffer(body) ? body : nothing
}
