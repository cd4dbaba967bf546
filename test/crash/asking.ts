import { Agent, type IncomingMessage, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { Restartable } from './restartable.ts'

/** One request to a service, word for word, so that it can be asked again. */
export interface Ask {
  service: string
  path: string
  /** JSON to POST; GET without it. */
  body?: string
  /** Sent as the header Idempotency-Key. */
  key?: string
}

/** What came back. */
export interface Answer {
  status: number
  body: string
  /** The header Idempotency-Replayed. */
  isReplay: boolean
}

/** An answer to a request that was repeated until there was one. */
export interface LateAnswer extends Answer {
  /** How often it was sent. */
  attempts: number
}

/** A client with a connection of its own. */
export interface Asker {
  /** Ask once. @throws whatever breaks the connection before the answer is whole */
  once(ask: Ask): Promise<Answer>
  /** Ask, with the same ids, until the program answers, through as many of its deaths as it takes. */
  until(ask: Ask): Promise<LateAnswer>
  close(): void
}

/** Between a broken connection and the next attempt, in milliseconds. */
const pauseMs = 5

/**
 * A client that does what clients should: repeats what was not answered, and what was answered with 503.
 * @param patienceMs how long one attempt may take
 */
export function asker(target: Pick<Restartable, 'address'>, patienceMs = 30_000): Asker {
  const agent = new Agent({ keepAlive: true })
  const once = async (ask: Ask): Promise<Answer> => send(agent, await target.address(ask.service), ask, patienceMs)
  return {
    once,
    async until(ask) {
      for (let attempts = 1; ; attempts++) {
        const address = await target.address(ask.service)
        try {
          const answer = await send(agent, address, ask, patienceMs)
          if (answer.status !== 503) return { ...answer, attempts }
        } catch (error) {
          if (!isBrokenOff(error)) throw error
        }
        await pause(pauseMs)
      }
    },
    close: () => agent.destroy()
  }
}

const brokenOff = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE'])

function isBrokenOff(error: unknown): boolean {
  return error instanceof Error && 'code' in error && brokenOff.has(String(error.code))
}

function send(agent: Agent, address: string, { path, body, key }: Ask, patienceMs: number): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  const headers = { ...type, ...(key === undefined ? {} : { 'idempotency-key': key }) }
  const outgoing = request(`${address}${path}`, { agent, headers, method: body === undefined ? 'GET' : 'POST' })
  outgoing.on('response', response => void collect(response).then(resolve, reject))
  outgoing.on('error', reject)
  outgoing.setTimeout(patienceMs, () => outgoing.destroy(new Error(`no answer from ${path} in ${patienceMs} ms`)))
  outgoing.end(body)
  return promise
}

async function collect(response: IncomingMessage): Promise<Answer> {
  response.setEncoding('utf8')
  let body = ''
  for await (const text of response) body += String(text)
  const isReplay = response.headers['idempotency-replayed'] === 'true'
  return { status: response.statusCode ?? 0, body, isReplay }
}
