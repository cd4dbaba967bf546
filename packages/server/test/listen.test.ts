import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import Fastify from 'fastify'
import type { App } from '../src/app-type.ts'
import { closeAll, listenAll, type Service, hostInUrl } from '../src/listen.ts'

/** A service whose listening fails with a code of the operating system, or works. */
function service(name: string, failure?: string): Service & { isClosed(): boolean } {
  const app = Fastify() as unknown as App
  let isClosed = false
  app.addHook('onClose', async () => void (isClosed = true))
  if (failure !== undefined) {
    app.listen = () => Promise.reject(Object.assign(new Error(`listen ${failure}`), { code: failure }))
  }
  return {
    name,
    app,
    port: failure === undefined ? 0 : 80,
    portSetting: `MILLRACE_PORT_${name}`,
    isClosed: () => isClosed
  }
}

test('services that listen tell where', async () => {
  const one = service('ONE')
  const [address] = await listenAll([one], '127.0.0.1')
  assert.match(address!.url, /^http:\/\/127\.0\.0\.1:[1-9]\d*$/)
  await one.app.close()
})

test('addresses are told so that they can be used from this machine', async () => {
  const urls = await Promise.all(
    [
      { address: '0.0.0.0', family: 'IPv4', port: 8000 },
      { address: '::', family: 'IPv6', port: 8000 },
      { address: '::1', family: 'IPv6', port: 8000 }
    ].map(async bound => {
      const app = { listen: async () => '', log: {}, server: { address: () => bound } } as unknown as App
      const [address] = await listenAll([{ ...service('ONE'), app }], bound.address)
      return address!.url
    })
  )
  assert.deepEqual(urls, ['http://127.0.0.1:8000', 'http://127.0.0.1:8000', 'http://[::1]:8000'])
})

test('all ports that cannot be had are named, and the services that did listen are closed', async () => {
  const good = service('ONE')
  const problems = [
    'port 80 of TWO is taken, set MILLRACE_PORT_TWO to another',
    'port 80 of THREE may not be opened by this user, set MILLRACE_PORT_THREE to another'
  ]
  const all = [good, service('TWO', 'EADDRINUSE'), service('THREE', 'EACCES')]
  await assert.rejects(listenAll(all, '127.0.0.1'), {
    code: 'MILL_PORT_TAKEN',
    message: problems.join('; '),
    details: { problems, ports: [80, 80], settings: ['MILLRACE_PORT_TWO', 'MILLRACE_PORT_THREE'] }
  })
  assert.equal(good.isClosed(), true)
})

test('a host that is not this machine is a fault of the setting', async () => {
  await assert.rejects(listenAll([service('ONE', 'EADDRNOTAVAIL')], '192.0.2.1'), {
    code: 'MILL_CONFIG_INVALID',
    message: 'HOST must be an address of this machine, got "192.0.2.1"'
  })
})

test('any other failure is not ours to explain', async () => {
  await assert.rejects(listenAll([service('ONE', 'EMFILE')], '127.0.0.1'), { code: 'EMFILE' })
})

test('Fastify says nothing of the listening; what it logs later comes through', async () => {
  const lines: string[] = []
  const app = Fastify({ logger: { level: 'info', stream: { write: line => lines.push(line) } } }) as unknown as App
  await listenAll([{ ...service('ONE'), app }], '127.0.0.1')
  assert.deepEqual(lines, [])
  app.log.info('later')
  assert.equal(lines.length, 1)
  await app.close()
})

test('while a service closes, new connections are refused; one in use is answered once more and told that it ends', async t => {
  const one = service('ONE')
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const { promise: free, resolve: release } = Promise.withResolvers<void>()
  one.app.get('/slow', async () => {
    begin()
    await free
    return 'slow'
  })
  one.app.get('/fast', async () => 'fast')
  const [address] = await listenAll([one], '127.0.0.1')
  const { hostname, port } = new URL(address!.url)
  const socket = connect(Number(port), hostname).setEncoding('utf8')
  t.after(() => socket.destroy())
  socket.write('GET /slow HTTP/1.1\r\nhost: x\r\n\r\n')
  await begun
  const closed = closeAll([one])
  await assert.rejects(once(connect(Number(port), hostname), 'connect'), { code: 'ECONNREFUSED' })
  release()
  assert.match(String(await once(socket, 'data')), /^HTTP\/1\.1 200 [^]*slow$/)
  socket.write('GET /fast HTTP/1.1\r\nhost: x\r\n\r\n')
  let answer = ''
  for await (const text of socket) answer += text
  assert.match(answer, /^HTTP\/1\.1 200 [^]*connection: close[^]*fast$/i)
  await closed
})

test('an address to listen on stands in a URL as this machine can use it', () => {
  assert.equal(hostInUrl('127.0.0.1'), '127.0.0.1')
  assert.equal(hostInUrl('localhost'), 'localhost')
  assert.equal(hostInUrl('::1'), '[::1]')
  for (const wildcard of ['0.0.0.0', '::']) assert.equal(hostInUrl(wildcard), '127.0.0.1')
})
