import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { pathOf } from './path-of.ts'
import type { AnsweredRequest } from './observe-requests.ts'
import { requestId } from './request-id.ts'

/** An answer that is ready to be sent. */
export interface DirectAnswer {
  readonly status: number
  /** Names and values in turn; Content-Length and X-Request-ID are added. */
  readonly headers: readonly string[]
  readonly body: string | Buffer
}

/** What answers one path. Must not throw or reject: failures are answers too. */
export interface DirectRoute {
  /** The pattern that stands for the path in metrics and logs, as the app has it. */
  readonly route: string
  /** @param id the request id, which the reply echoes */
  answer(body: Buffer, request: IncomingMessage, id: string): DirectAnswer | Promise<DirectAnswer>
  /** Asked first: true when somebody else answers, who counts and logs the request as well. */
  handOver?(body: Buffer, request: IncomingMessage, response: ServerResponse): boolean
}

/** The route of a POST with a body that is neither compressed nor too large; undefined leaves it to the app. */
export type FindDirectRoute = (url: string, request: IncomingMessage) => DirectRoute | undefined

/** What {@link answerDirectly} is given. */
export interface DirectOptions {
  find: FindDirectRoute
  /** Bodies longer than this are left to the app. */
  bodyLimitBytes: number
  observe: (answered: AnsweredRequest, requestId: string) => void
}

/**
 * Let requests of routes where every microsecond counts go past the framework: a third of the cost of a small inference
 * is being routed, hooked and replied to. The app answers the same routes in the same way, and all that is unusual.
 */
export function answerDirectly(server: Server, { find, bodyLimitBytes, observe }: DirectOptions): void {
  const listeners = server.listeners('request') as ((request: IncomingMessage, response: ServerResponse) => void)[]
  server.removeAllListeners('request')
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const route = isUsual(request, bodyLimitBytes) ? find(request.url!, request) : undefined
    if (route === undefined) {
      for (const listener of listeners) listener(request, response)
      return
    }
    // Timed from here, as the app does: a body that comes slowly is a part of what the client waits for.
    const startedAt = performance.now()
    readBody(request, body => {
      if (route.handOver?.(body, request, response) === true) return
      void reply({ route, body, request, response, observe, startedAt })
    })
  })
}

function isUsual({ method, headers }: IncomingMessage, bodyLimitBytes: number): boolean {
  return (
    method === 'POST' &&
    headers.host !== undefined &&
    headers['content-encoding'] === undefined &&
    // Chunked bodies have none; NaN is not within the limit either.
    Number(headers['content-length']) <= bodyLimitBytes
  )
}

/** A client that goes away before its body is here is not answered. */
function readBody(request: IncomingMessage, done: (body: Buffer) => void): void {
  // Nearly every body comes in one piece.
  let first: Buffer | undefined
  let pieces: Buffer[] | undefined
  request.on('data', (piece: Buffer) => {
    if (first === undefined) first = piece
    else (pieces ??= [first]).push(piece)
  })
  request.on('end', () => done(pieces === undefined ? (first ?? noBytes) : Buffer.concat(pieces)))
}

const noBytes = Buffer.alloc(0)

interface Exchange {
  route: DirectRoute
  body: Buffer
  request: IncomingMessage
  response: ServerResponse
  observe: DirectOptions['observe']
  startedAt: number
}

async function reply({ route, body, request, response, observe, startedAt }: Exchange): Promise<void> {
  const id = requestId(request.headers['x-request-id'])
  const given = route.answer(body, request, id)
  const answer = given instanceof Promise ? await given : given
  const { status, headers, body: content } = answer
  const length = typeof content === 'string' ? Buffer.byteLength(content) : content.length
  response.writeHead(status, [...headers, 'content-length', String(length), 'x-request-id', id])
  // What is as long in UTF-8 as in characters is ASCII, which is written the same in Latin-1, and that without a look at it.
  response.end(content, length === content.length ? 'latin1' : 'utf8')
  const path = pathOf(request.url!)
  const ms = performance.now() - startedAt
  observe({ method: 'POST', route: route.route, path, status, ms }, id)
}
