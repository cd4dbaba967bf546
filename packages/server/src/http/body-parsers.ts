import type { App } from '../app-type.ts'
import { failure, HttpError } from './failure.ts'
import { parseJsonBody } from './json-body.ts'

/** Reads bodies as JSON and refuses every other kind with MILL_MEDIA_TYPE_UNSUPPORTED. */
export function readJsonBodies(app: App, depthLimit: number): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    /^application\/([\w.-]+\+)?json\b/i,
    { parseAs: 'buffer' },
    (_request, body: Buffer, done) => {
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
    const given = JSON.stringify(request.headers['content-type']?.slice(0, 100)) ?? 'none'
    const message = `the Content-Type of a body must be application/json, got ${given}`
    done(new HttpError(failure('MILL_MEDIA_TYPE_UNSUPPORTED', message)))
  })
}
