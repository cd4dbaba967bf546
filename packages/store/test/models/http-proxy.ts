import { once } from 'node:events'
import { createServer, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

/** Stands between a client and a server of HTTP, and can break off what is on its way. */
export interface HttpProxy {
  readonly endpoint: string
  /** Requests that came, as `GET /models/wine/1/model.onnx`, without the query. */
  readonly requests: string[]
  /** Break off the bodies of the next answers to requests for what ends so, after a few bytes. */
  cut(end: string, times: number): void
  /** Leave all requests unanswered, or answer again. */
  hold(isHeld: boolean): void
  /** Break off the requests that were left unanswered, and answer again. */
  release(): void
}

/** A proxy that ends with the test. @param target URL of the server */
export async function httpProxy(context: TestContext, target: string): Promise<HttpProxy> {
  const requests: string[] = []
  let plan = { end: '', times: 0 }
  let isHeld = false
  const proxy = createServer((incoming, outgoing) => {
    const path = incoming.url!.split('?')[0]!
    requests.push(`${incoming.method} ${path}`)
    if (isHeld) return
    const isCut = plan.times > 0 && path.endsWith(plan.end)
    if (isCut) plan.times -= 1
    const { method, headers } = incoming
    const passed = request(new URL(incoming.url!, target), { method: method!, headers, agent: false }, answer => {
      outgoing.writeHead(answer.statusCode!, answer.headers)
      if (isCut) answer.once('data', (piece: Buffer) => cutShort(outgoing, piece))
      else answer.pipe(outgoing)
    })
    passed.on('error', () => outgoing.destroy())
    incoming.pipe(passed)
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  context.after(() => {
    proxy.closeAllConnections()
    proxy.close()
  })
  return {
    endpoint: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    requests,
    cut(end, times) {
      plan = { end, times }
    },
    hold(held) {
      isHeld = held
    },
    release() {
      isHeld = false
      proxy.closeAllConnections()
    }
  }
}

function cutShort(outgoing: ServerResponse, piece: Buffer): void {
  outgoing.write(piece.subarray(0, 2), () => outgoing.destroy())
}
