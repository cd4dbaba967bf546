import type { FastifyPluginAsync } from 'fastify'
import { buildApp } from '../../src/app.ts'
import type { App } from '../../src/app-type.ts'
import { common } from '../services.ts'

/** An app with one plugin. */
export function appOf<Options extends object>(plugin: FastifyPluginAsync<Options>, options: Options): App {
  const app = buildApp({ ...common, service: 'inference' })
  void app.register(plugin as FastifyPluginAsync<object>, options)
  return app
}

/** What a test looks at in a reply. */
export interface Reply {
  status: number
  body: Record<string, unknown>
  bytes: Buffer
  headers: Record<string, unknown>
}

/** Send a request; an object is sent as JSON, without a content type unless one is given. */
export async function call(
  app: App,
  [method, url]: [method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'OPTIONS', url: string],
  body?: string | Buffer | object,
  headers: Record<string, string> = {}
): Promise<Reply> {
  const payload = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
  const reply = await app.inject({
    method,
    url,
    headers,
    ...(payload === undefined ? {} : { payload: Buffer.from(payload) })
  })
  return { status: reply.statusCode, body: parsed(reply.body), bytes: reply.rawPayload, headers: reply.headers }
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return {}
  }
}
