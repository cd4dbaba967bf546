import type { RedisOptions } from '@millrace/store'
import type { Config } from './config-schema.ts'

/** The settings that say where Redis is, as they were given: undefined where they were not. */
export type RedisSettings = Partial<Pick<Config, 'redisUrl' | 'redisHost' | 'redisPort'>>

/** Where a Redis is: `url`, or `host` and `port`. */
export type RedisPlace = Pick<RedisOptions, 'url' | 'host' | 'port'>

const standardPort = 6379

/** Where the Redis is that is configured; undefined when none is. */
export function redisAddress({ redisUrl, redisHost, redisPort }: RedisSettings): RedisPlace | undefined {
  if (redisUrl !== undefined) return { url: redisUrl }
  return redisHost === undefined ? undefined : { host: redisHost, port: redisPort }
}

/** What is wrong with the settings taken together, one sentence each: `REDIS_URL` must not name another server. */
export function redisProblems({ redisUrl, redisHost, redisPort }: RedisSettings): string[] {
  if (redisUrl === undefined) return []
  const url = URL.parse(redisUrl)
  // Not shown, since it may hold a password.
  if (url === null || url.hostname === '' || !/^\/?\d{0,5}$/.test(url.pathname)) {
    return ['REDIS_URL must be redis://[[user]:password@]host[:port][/database], or rediss://…']
  }
  const { hostname, port } = url
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const urlPort = port === '' ? standardPort : Number(port)
  return [
    ...(redisHost === undefined || redisHost.toLowerCase() === host.toLowerCase()
      ? []
      : [`REDIS_HOST is ${redisHost}, but REDIS_URL says ${host}; set one of them`]),
    ...(redisPort === undefined || redisPort === urlPort
      ? []
      : [`REDIS_PORT is ${redisPort}, but REDIS_URL says ${urlPort}; set one of them`])
  ]
}
