import type { App } from '../../src/app-type.ts'

/** What a test looks at in a reply. */
export interface Reply {
  status: number
  body: Record<string, unknown>
  headers: Record<string, unknown>
}

/** Send a request, with a body in JSON if one is given; text is sent as it is. */
export async function request(
  app: App,
  line: `${'GET' | 'POST' | 'PATCH' | 'DELETE'} ${string}`,
  body?: unknown,
  headers: Record<string, string> = {}
): Promise<Reply> {
  const [method, url] = line.split(' ') as ['GET', string]
  const payload = typeof body === 'string' ? body : JSON.stringify(body)
  const reply = await app.inject({
    method,
    url,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(payload !== undefined && { payload })
  })
  return { status: reply.statusCode, body: reply.body === '' ? {} : reply.json(), headers: reply.headers }
}

/** Places of the faults that a refusal tells, such as `arms.1.version`. */
export function placesIn({ body }: Reply): string[] {
  const { faults } = body['details'] as { faults: { place: (string | number)[] }[] }
  return faults.map(({ place }) => place.join('.'))
}
