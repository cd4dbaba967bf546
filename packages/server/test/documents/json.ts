import assert from 'node:assert/strict'
import type { App } from '../../src/app-type.ts'

/** A reply in JSON. */
export interface JsonReply {
  status: number
  body: Record<string, unknown> & unknown[]
  headers: Record<string, unknown>
}

/** POST a body as JSON; text is sent as it is. */
export async function post(
  app: App,
  url: string,
  body: unknown,
  headers: Record<string, string> = {}
): Promise<JsonReply> {
  const payload = typeof body === 'string' ? body : JSON.stringify(body)
  const type = { 'content-type': 'application/json' }
  const reply = await app.inject({ method: 'POST', url, payload, headers: { ...type, ...headers } })
  return { status: reply.statusCode, body: reply.json(), headers: reply.headers }
}

/** GET a path whose reply is JSON. */
export async function get(app: App, url: string, headers: Record<string, string> = {}): Promise<JsonReply> {
  const reply = await app.inject({ url, headers })
  return { status: reply.statusCode, body: reply.json(), headers: reply.headers }
}

/** Numbers that are the same but for what single precision loses. */
export function assertClose(actual: unknown, expected: number[], tolerance = 1e-6): void {
  assert.ok(Array.isArray(actual) && actual.length === expected.length, JSON.stringify(actual))
  for (const [index, value] of expected.entries()) {
    assert.ok(Math.abs(actual[index] - value) <= tolerance, `${actual[index]} is not ${value}`)
  }
}
