import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { failure } from './failure.ts'

const statusOf = new Map([
  ['ERR_HTTP_REQUEST_TIMEOUT', 408],
  ['HPE_HEADER_OVERFLOW', 431]
])

/** Answers what cannot be read as HTTP, in the shape of every other failed reply, and hangs up. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const status = statusOf.get(error.code ?? '') ?? 400
  const reason = STATUS_CODES[status] ?? ''
  const body = JSON.stringify(failure('MILL_REQUEST_INVALID', reason, { status }).body)
  if (socket.writable) {
    const head = [
      `HTTP/1.1 ${status} ${reason}`,
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      `X-Request-ID: ${randomUUID()}`,
      'Connection: close'
    ]
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
  }
  socket.destroySoon()
}
