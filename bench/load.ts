// Load on a server over bare sockets: HTTP/1.1, one request at a time on each connection, looking at no more of an
// answer than it must. Runs in a process of its own, so that it takes no time from the server's thread.
import { connect, type Socket } from 'node:net'

/** What loads a server. */
export interface Load {
  port: number
  connections: number
  /** How long requests are begun, in milliseconds. */
  durationMs: number
  /** The next request of a connection, head and body. */
  take: (connection: number) => Uint8Array
  /** Milliseconds that a connection waits after an answer; none unless given. */
  pauseMs?: number
}

/** What came of it. */
export interface LoadReport {
  requests: number
  /** Milliseconds from the first request to the last answer. */
  elapsedMs: number
  /** Milliseconds from a request to its answer: the median, and what 99 of 100 do not exceed. */
  p50: number
  p99: number
  /** CPU microseconds of this client. */
  clientCpu: number
}

/** Ask on every connection, again and again, until the time is over. @throws for any answer but a 200 */
export async function runLoad({ port, connections, ...asking }: Load): Promise<LoadReport> {
  const latencies: number[] = []
  const sockets = await Promise.all(Array.from({ length: connections }, () => opened(port)))
  const cpu = process.cpuUsage()
  const start = performance.now()
  const end = start + asking.durationMs
  await Promise.all(
    sockets.map((socket, index) =>
      keepAsking(socket, { take: () => asking.take(index), pauseMs: asking.pauseMs ?? 0, latencies, end })
    )
  )
  const elapsedMs = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  for (const socket of sockets) socket.destroy()
  latencies.sort((one, other) => one - other)
  const at = (part: number): number => latencies[Math.min(latencies.length - 1, Math.floor(part * latencies.length))]!
  return { requests: latencies.length, elapsedMs, p50: at(0.5), p99: at(0.99), clientCpu: user + system }
}

interface Asking {
  take: () => Uint8Array
  pauseMs: number
  latencies: number[]
  /** When no further request is begun, by the clock of `performance`. */
  end: number
}

/** Send a request, wait for the whole answer, and begin again until the time is over. */
function keepAsking(socket: Socket, { take, pauseMs, latencies, end }: Asking): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let sentAt = 0
  let waitingFor = 0
  const send = (): void => {
    sentAt = performance.now()
    if (sentAt >= end) return resolve()
    socket.write(take())
  }
  socket.on('error', reject)
  socket.on('close', () => reject(new Error('the server closed a connection')))
  socket.on('data', (bytes: Buffer) => {
    try {
      // The head of an answer comes in one piece, the rest of a long one in several.
      waitingFor = waitingFor === 0 ? answerLength(bytes) - bytes.length : waitingFor - bytes.length
    } catch (error) {
      return reject(error)
    }
    if (waitingFor > 0) return
    latencies.push(performance.now() - sentAt)
    if (pauseMs === 0) send()
    else setTimeout(send, pauseMs)
  })
  send()
  return promise
}

/** Bytes of the whole answer. @throws for anything but a 200 */
function answerLength(bytes: Buffer): number {
  const head = bytes.toString('latin1', 0, bytes.indexOf('\r\n\r\n') + 4)
  const length = /^content-length: *(\d+)/im.exec(head)?.[1]
  if (!head.startsWith('HTTP/1.1 200') || length === undefined)
    throw new Error(`an answer is no good: ${String(bytes)}`)
  return head.length + Number(length)
}

async function opened(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  return socket
}
