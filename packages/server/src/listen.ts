import { type AddressInfo, Server } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { MillraceError } from '@millrace/common'
import type { App } from './app-type.ts'

/** A service that is built and wants to listen. */
export interface Service {
  name: string
  app: App
  /** 0 picks a free one. */
  port: number
  /** The environment variable that changes the port. */
  portSetting: string
  /** Listens in place of the app, where other processes do so for it. Rejects as listening does. */
  listen?(at: { host: string; port: number }): Promise<AddressInfo>
  /** Ends that, before the app is closed. */
  unlisten?(): Promise<void>
}

/** Where a service answers, from this machine. */
export interface ServiceAddress {
  name: string
  url: string
}

/**
 * Let all services listen on `host`, or none.
 * @throws {MillraceError} MILL_PORT_TAKEN naming every port that cannot be had and the setting that changes it, or
 *   MILL_CONFIG_INVALID for a host that is not this machine's; all services are closed then
 */
export async function listenAll(services: readonly Service[], host: string): Promise<ServiceAddress[]> {
  const results = await Promise.allSettled(services.map(service => listen(service, host)))
  const failures = results.flatMap((result, index) =>
    result.status === 'rejected' ? [{ service: services[index]!, error: result.reason as unknown }] : []
  )
  if (failures.length === 0)
    return results.map((result, index) => {
      const { value: address } = result as PromiseFulfilledResult<AddressInfo | string | null>
      return { name: services[index]!.name, url: urlOf(address) }
    })
  await closeAll(services)
  throw listenFailed(failures, host)
}

/** Take no new connections, answer what runs, close what idles; resolves when the last connection is closed. */
export async function closeAll(services: readonly Pick<Service, 'app' | 'unlisten'>[]): Promise<void> {
  await Promise.all(services.map(close))
}

/** Milliseconds that a client has, once a service closes, to send one more request on a connection that it keeps. */
const lingerMs = 200

async function close({ app, unlisten }: Pick<Service, 'app' | 'unlisten'>): Promise<void> {
  await unlisten?.()
  // The method of HTTP servers would end the connections that idle at this moment as well.
  if (app.server.listening) Server.prototype.close.call(app.server)
  // A client that is told that its connection ends sends nothing more on it; one that is not would lose a request that
  // it sends at the moment the connection is closed.
  app.server.prependListener('request', (_request, response) => (response.shouldKeepAlive = false))
  app.server.keepAliveTimeout = lingerMs
  app.server.keepAliveTimeoutBuffer = 0
  if (await hasConnections(app)) await delay(lingerMs)
  // Closing ends the connections that idle at that moment; the timeout ends those that fall idle after their last answer.
  await app.close()
}

function hasConnections({ server }: App): Promise<boolean> {
  return new Promise(resolve => server.getConnections((_error, count) => resolve(count > 0)))
}

async function listen(service: Service, host: string): Promise<AddressInfo | string | null> {
  const { app, port } = service
  if (service.listen !== undefined) return service.listen({ host, port })
  await listenQuietly(app, { host, port })
  return app.server.address()
}

/** Fastify would log a line for each service; whoever listens tells of all of them at once. */
export async function listenQuietly(app: App, at: { host: string; port: number } | { path: string }): Promise<void> {
  const { level } = app.log
  app.log.level = 'silent'
  try {
    await app.listen(at)
  } finally {
    app.log.level = level
  }
}

interface ListenFailure {
  service: Service
  error: unknown
}

const portFaults: Record<string, string> = {
  EADDRINUSE: 'is taken',
  EACCES: 'may not be opened by this user'
}

function listenFailed(failures: readonly ListenFailure[], host: string): unknown {
  const foreign = failures.find(({ error }) => !(codeOf(error) in portFaults))
  if (foreign !== undefined) return hostFailed(foreign.error, host)
  const problems = failures.map(
    ({ service, error }) =>
      `port ${service.port} of ${service.name} ${portFaults[codeOf(error)]}, set ${service.portSetting} to another`
  )
  return new MillraceError('MILL_PORT_TAKEN', problems.join('; '), {
    cause: failures[0]?.error,
    details: {
      problems,
      ports: failures.map(({ service }) => service.port),
      settings: failures.map(each => each.service.portSetting)
    }
  })
}

function hostFailed(error: unknown, host: string): unknown {
  if (!['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EINVAL'].includes(codeOf(error))) return error
  return new MillraceError(
    'MILL_CONFIG_INVALID',
    `HOST must be an address of this machine, got ${JSON.stringify(host)}`,
    { cause: error }
  )
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

const wildcards: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '127.0.0.1' }

function urlOf(address: AddressInfo | string | null): string {
  if (address === null || typeof address === 'string') throw new TypeError(`not an internet address: ${address}`)
  return `http://${hostInUrl(address.address)}:${address.port}`
}

/** An address to listen on as it stands in a URL that this machine can use. */
export function hostInUrl(host: string): string {
  return wildcards[host] ?? (host.includes(':') ? `[${host}]` : host)
}
