// Run as a process of its own, so that it takes no time from the server's thread. Speaks HTTP/1.1 over bare sockets, one
// request at a time on each connection, and looks at no more of an answer than it must.
import { connect, type Socket } from 'node:net'
import { PythonRandom } from '@millrace/common'
import { makeTemplate, type RequestKind, setIds, type Template } from './request.ts'

/** What the client is told to do. */
export interface Round extends RequestKind {
  port: number
  connections: number
  /** How long requests are begun, in milliseconds. */
  durationMs: number
  /** The number of the first id. */
  firstId: number
}

/** What came of a round. */
export interface RoundReport {
  requests: number
  /** Milliseconds from the first request to the last answer. */
  elapsedMs: number
  /** Milliseconds from a request to its answer: the median, and what 99 of 100 do not exceed. */
  p50: number
  p99: number
  /** CPU microseconds of this client. */
  clientCpu: number
  nextId: number
}

/** How many different requests a connection sends in turn. */
const templatesEach = 8

process.on('message', (round: Round) => void run(round).then(report => process.send?.(report)))
process.send?.('ready')

async function run({ port, connections, durationMs, firstId, ...kind }: Round): Promise<RoundReport> {
  const random = new PythonRandom(firstId)
  const latencies: number[] = []
  let nextId = firstId
  const take = (template: Template): Buffer => {
    setIds(template, nextId)
    nextId += template.ids.length
    return template.bytes
  }
  const sockets = await Promise.all(Array.from({ length: connections }, () => opened(port)))
  const templates = sockets.map(() => Array.from({ length: templatesEach }, () => makeTemplate(random, kind)))
  const cpu = process.cpuUsage()
  const start = performance.now()
  await Promise.all(
    sockets.map((socket, index) =>
      keepAsking(socket, { templates: templates[index]!, take, latencies, end: start + durationMs })
    )
  )
  const elapsedMs = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  for (const socket of sockets) socket.destroy()
  latencies.sort((one, other) => one - other)
  const at = (part: number): number => latencies[Math.min(latencies.length - 1, Math.floor(part * latencies.length))]!
  return { requests: latencies.length, elapsedMs, p50: at(0.5), p99: at(0.99), clientCpu: user + system, nextId }
}

interface Asking {
  templates: readonly Template[]
  take: (template: Template) => Buffer
  latencies: number[]
  /** When no further request is begun, by the clock of `performance`. */
  end: number
}

/** Send a request, wait for the whole answer, and begin again until the time is over. */
function keepAsking(socket: Socket, { templates, take, latencies, end }: Asking): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let turn = 0
  let sentAt = 0
  let waitingFor = 0
  const send = (): void => {
    sentAt = performance.now()
    if (sentAt >= end) return resolve()
    socket.write(take(templates[turn++ % templates.length]!))
  }
  socket.on('error', reject)
  socket.on('close', () => reject(new Error('the server closed a connection')))
  socket.on('data', (bytes: Buffer) => {
    // The head of an answer comes in one piece, the rest of a long one in several.
    waitingFor = waitingFor === 0 ? answerLength(bytes) - bytes.length : waitingFor - bytes.length
    if (waitingFor > 0) return
    latencies.push(performance.now() - sentAt)
    send()
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
