import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyBaseLogger } from 'fastify'
import { failure, type Failure, wrongMethod } from './failure.ts'
import { noRoute, type Observe } from './observe-requests.ts'
import { statusTexts } from './node-http.ts'

/** Answers what Node.js gives no request for: it cannot be read as HTTP, or asks for a tunnel. */
export interface ClientErrors {
  /** Answers bytes that are not HTTP, headers that are too long, and requests that take too long to arrive. */
  unreadable(error: Error & { code?: string }, socket: Duplex): void
  /** Answers CONNECT. */
  tunnel(socket: Duplex): void
}

const statusOf = new Map([
  ['ERR_HTTP_REQUEST_TIMEOUT', 408],
  ['HPE_HEADER_OVERFLOW', 431]
])

/** Both answer in the shape of every other failed reply, and hang up. */
export function createClientErrors(observe: Observe, logger: FastifyBaseLogger): ClientErrors {
  const refuse = (socket: Duplex, method: string, { status, body }: Failure): void => {
    if (!socket.writable) return void socket.destroy()
    const id = randomUUID()
    socket.end(replyOf(id, status, JSON.stringify(body)), () => socket.destroy())
    observe({ method, route: noRoute, path: '', status, ms: 0 }, logger.child({ request_id: id }))
  }
  const unreadable: ClientErrors['unreadable'] = (error, socket) => {
    if (error.code === 'ECONNRESET' || socket.destroyed) return
    const running = replyInWork(socket)
    if (running !== undefined) return void running.once('finish', () => unreadable(error, socket))
    const status = statusOf.get(error.code ?? '') ?? 400
    refuse(socket, 'unknown', failure('MILL_REQUEST_INVALID', statusTexts[status] ?? '', { status }))
  }
  return {
    unreadable,
    tunnel(socket) {
      // Node.js has let go of this socket; a reset of it that nobody hears of would end the process.
      socket.on('error', () => socket.destroy())
      refuse(socket, 'CONNECT', wrongMethod)
    }
  }
}

/**
 * The reply to a request that arrived whole and is being answered. What came before the unreadable bytes is answered
 * first: it has been carried out, so its sender must not take our refusal for the answer to it.
 */
function replyInWork(socket: Duplex): ServerResponse | undefined {
  // Node.js has no public way from a socket to its replies; its own handler of client errors looks here too.
  const { _httpMessage: reply } = socket as Duplex & { _httpMessage?: ServerResponse | null }
  return reply?.req.complete === true ? reply : undefined
}

function replyOf(id: string, status: number, body: string): string {
  const head = [
    `HTTP/1.1 ${status} ${statusTexts[status] ?? ''}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-ID: ${id}`,
    'Connection: close'
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}
