import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'
import type { App } from '../app-type.ts'
import { listenQuietly } from '../listen.ts'

/** Where an app listens. */
export interface Listening {
  readonly address: AddressInfo
  /** Take no more connections at the further addresses; the app itself does so when it is closed. */
  close(): void
}

/**
 * Listen at all addresses of a host. Fastify does so for `localhost`, too, but past what we put before it.
 * @throws {Error} with the code of the system, for the first address
 */
export async function listenEverywhere(app: App, { host, port }: { host: string; port: number }): Promise<Listening> {
  const found = host === 'localhost' ? await lookup(host, { all: true }) : [{ address: host }]
  await listenQuietly(app, { host: found[0]!.address, port })
  const address = app.server.address() as AddressInfo
  const others: Server[] = []
  for (const { address: other } of found.slice(1)) {
    const server = createServer(socket => app.server.emit('connection', socket))
    // A machine may know of IPv6 without having it.
    server.on('error', () => undefined)
    server.listen(address.port, other)
    await Promise.race([once(server, 'listening'), once(server, 'error')])
    others.push(server)
  }
  return { address, close: () => others.forEach(server => server.close()) }
}
