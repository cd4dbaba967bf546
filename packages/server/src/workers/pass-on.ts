import type { IncomingMessage, RequestOptions, ServerResponse } from 'node:http'
import { failure } from '../http/failure.ts'
import { Agent, request as ask } from '../http/node-http.ts'
import { requestId } from '../http/request-id.ts'
import type { Logger } from '../logger.ts'

/** Lets the primary answer requests. */
export interface PassOn {
  /**
   * Method, path, headers, body and reply go through unchanged, as they come.
   * @param body what was read of the request already, all of it; undefined when nothing was
   */
  pass(request: IncomingMessage, response: ServerResponse, body?: Buffer): void
  close(): void
}

/** What belongs to a connection and not to what is sent over it (RFC 9110, section 7.6.1), and what we have done already. */
const ofConnection = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade'
])

/** @param path the Unix-domain socket that the primary listens on */
export function createPassOn(path: string, log: Logger): PassOn {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 1024 })
  return {
    pass(request, response, body) {
      const { method, url } = request
      const options: RequestOptions = { agent, socketPath: path, method, path: url, setHost: false }
      const outgoing = ask({ ...options, headers: requestHeaders(request, body) })
      outgoing.on('response', reply => answer(reply, response))
      outgoing.on('error', error => {
        // Who hung up needs no answer.
        if (response.destroyed) return
        log.error({ err: error }, 'a request could not be passed on to the primary process')
        refuse(request, response)
      })
      response.on('close', () => {
        if (!response.writableFinished) outgoing.destroy()
      })
      if (body === undefined) request.pipe(outgoing)
      else outgoing.end(body)
    },
    close: () => agent.destroy()
  }
}

function requestHeaders(request: IncomingMessage, body: Buffer | undefined): string[] {
  const { method, headers, rawHeaders, httpVersion } = request
  const kept = withoutConnection(rawHeaders)
  // HTTP/1.0 does not ask for it, and the primary is asked in HTTP/1.1.
  if (headers.host === undefined && httpVersion === '1.0') kept.push('host', 'localhost')
  if (headers['content-length'] !== undefined) return kept
  if (body === undefined && headers['transfer-encoding'] !== undefined) kept.push('transfer-encoding', 'chunked')
  // Without a length, Node.js would announce a body, and some routes take none.
  else if (method !== 'GET' && method !== 'HEAD') kept.push('content-length', String(body?.length ?? 0))
  return kept
}

function answer(reply: IncomingMessage, response: ServerResponse): void {
  // The date of the reply comes through as well.
  response.sendDate = false
  response.writeHead(reply.statusCode!, reply.statusMessage, withoutConnection(reply.rawHeaders))
  reply.on('error', () => response.destroy())
  reply.pipe(response)
}

/** The usual shape of a failed reply, and that of the protocols of the field: `error` is where their clients look. */
function refuse(request: IncomingMessage, response: ServerResponse): void {
  if (response.headersSent) return void response.destroy()
  const message = 'the process that answers this is away; try again'
  const { status, body } = failure('MILL_MODEL_NOT_READY', message)
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'retry-after': '1',
    'x-request-id': requestId(request.headers['x-request-id'])
  })
  response.end(JSON.stringify({ ...body, error: message }))
}

function withoutConnection(raw: readonly string[]): string[] {
  const kept: string[] = []
  for (let at = 0; at < raw.length; at += 2) {
    if (!ofConnection.has(raw[at]!.toLowerCase())) kept.push(raw[at]!, raw[at + 1]!)
  }
  return kept
}
