import { integerWithin, optionError } from '@millrace/common'
import type { RedisClientOptions } from '@redis/client'

/** Where a Redis is: `url`, or `host` and `port`. */
export interface RedisAddress {
  /** `redis://[[user]:password@]host[:port][/database]`; `rediss://` for TLS. */
  url?: string | undefined
  host?: string | undefined
  /** From 1 to 65535. */
  port?: number | undefined
}

/** A Redis as the client takes it. */
export interface RedisTarget {
  /** `host:port`, to be shown: holds no secret. */
  address: string
  client: Pick<RedisClientOptions, 'username' | 'password' | 'database'>
  socket: { host: string; port: number; tls?: true }
}

const defaultPort = 6379

/** @throws {MillraceError} MILL_OPTION_INVALID, which never shows the URL: it may hold a password */
export function redisTarget({ url, host = 'localhost', port = defaultPort }: RedisAddress): RedisTarget {
  if (url !== undefined) return fromUrl(url)
  integerWithin('port', port, 1, 65_535)
  return { address: shown(host, port), client: {}, socket: { host, port } }
}

function fromUrl(text: string): RedisTarget {
  const url = URL.parse(text)
  const isTls = url?.protocol === 'rediss:'
  if (url === null || (!isTls && url.protocol !== 'redis:') || url.hostname === '') throw urlInvalid(text)
  const database = url.pathname.replace(/^\//, '')
  if (!/^\d{0,5}$/.test(database)) throw urlInvalid(text)
  const username = decoded(url.username, text)
  const password = decoded(url.password, text)
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const port = url.port === '' ? defaultPort : Number(url.port)
  return {
    address: shown(host, port),
    client: {
      ...(username === '' ? {} : { username }),
      ...(password === '' ? {} : { password }),
      ...(database === '' ? {} : { database: Number(database) })
    },
    socket: { host, port, ...(isTls ? { tls: true } : {}) }
  }
}

function decoded(part: string, text: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw urlInvalid(text)
  }
}

function shown(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function urlInvalid(text: string): Error {
  return optionError(
    'url',
    'redis://[[user]:password@]host[:port][/database] or rediss://…',
    text.replace(/^.*@/s, '…@')
  )
}
