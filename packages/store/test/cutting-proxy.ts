import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

/** Stands between a client and a server, and can cut a connection where it hurts. */
export interface CuttingProxy {
  readonly port: number
  /** Let the next request that contains `text` reach the server and be answered, then end without handing the answer on. */
  loseAnswer(text: string): void
  /** Take the next request that contains `text`, end the connection to the client, and only hand the request on when told. */
  holdRequest(text: string): HeldRequest
  /** Forget what was planned. */
  behave(): void
  /** End all connections and take no new ones; then take them again. */
  refuse(): void
  accept(): void
}

/** A request that may be on its way for long. */
export interface HeldRequest {
  /** Whether it has come. */
  readonly isHeld: boolean
  /** Hand it on; resolves when it is answered, or the server is gone. */
  release(): Promise<void>
}

/** A proxy before a port of the loopback interface; it ends with the test. */
export async function cuttingProxy(context: TestContext, target: { port: number }): Promise<CuttingProxy> {
  const sockets = new Set<Socket>()
  let plan: { text: string; hold?: (pass: () => Promise<void>) => void } | undefined
  let isOpen = true
  const endAll = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  const proxy = createServer(client => {
    if (!isOpen) return void client.destroy()
    const server = connect(target.port, '127.0.0.1')
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
    }
    client.on('close', () => server.destroy())
    server.on('close', () => client.destroy())
    client.on('data', request => {
      if (plan === undefined || !request.includes(plan.text)) return void server.write(request)
      const { hold } = plan
      plan = undefined
      server.removeAllListeners('data')
      server.resume()
      if (hold === undefined) {
        server.once('data', () => client.destroy())
        server.write(request)
      } else {
        client.removeAllListeners('close')
        hold(async () => {
          const over = Promise.race([once(server, 'data'), once(server, 'close')])
          if (!server.destroyed) {
            server.write(request)
            await over
          }
          server.destroy()
        })
        client.destroy()
      }
    })
    server.on('data', answer => void client.write(answer))
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  context.after(() => {
    endAll()
    proxy.close()
  })
  return {
    port: (proxy.address() as { port: number }).port,
    loseAnswer(text) {
      plan = { text }
    },
    holdRequest(text) {
      const held = Promise.withResolvers<() => Promise<void>>()
      let isHeld = false
      const hold = (pass: () => Promise<void>): void => {
        isHeld = true
        held.resolve(pass)
      }
      plan = { text, hold }
      return {
        get isHeld() {
          return isHeld
        },
        release: async () => (await held.promise)()
      }
    },
    behave() {
      plan = undefined
    },
    refuse() {
      isOpen = false
      endAll()
    },
    accept() {
      isOpen = true
    }
  }
}
