import type { App } from '../app-type.ts'
import { failure, HttpError } from './failure.ts'
import { parseJsonBody } from './json-body.ts'

/** Reads bodies as JSON and refuses every other kind, and compressed ones, with MILL_MEDIA_TYPE_UNSUPPORTED. */
export function readJsonBodies(app: App, depthLimit: number): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    /^application\/([\w.-]+\+)?json\b/i,
    { parseAs: 'buffer' },
    (request, body: Buffer, done) => {
      const encoding = request.headers['content-encoding'] ?? 'identity'
      if (encoding !== 'identity') return done(unsupported('Content-Encoding', 'identity', encoding))
      try {
        done(null, parseJsonBody(body, depthLimit))
      } catch (error) {
        done(error as HttpError)
      }
    }
  )
  // A client that sends no body may still name a type, as `curl -d ''` does.
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (body.length === 0) return done(null, undefined)
    done(unsupported('Content-Type', 'application/json', request.headers['content-type']))
  })
}

function unsupported(header: string, wanted: string, given: string | undefined): HttpError {
  const got = given === undefined ? 'none' : JSON.stringify(given.slice(0, 100))
  return new HttpError(failure('MILL_MEDIA_TYPE_UNSUPPORTED', `the ${header} of a body must be ${wanted}, got ${got}`))
}
