import type { Config } from './config-schema.ts'

/** The settings that say where Redis is, as they were given: undefined where they were not. */
export type RedisSettings = Partial<Pick<Config, 'redisUrl' | 'redisHost' | 'redisPort'>>

const standardPort = 6379

/** The address of the Redis that is configured; undefined when none is. */
export function redisAddress({ redisUrl, redisHost, redisPort = standardPort }: RedisSettings): string | undefined {
  if (redisUrl !== undefined || redisHost === undefined) return redisUrl
  return `redis://${redisHost.includes(':') ? `[${redisHost}]` : redisHost}:${redisPort}`
}

/** What is wrong with the settings taken together, one sentence each: `REDIS_URL` must not name another server. */
export function redisProblems({ redisUrl, redisHost, redisPort }: RedisSettings): string[] {
  if (redisUrl === undefined) return []
  if (!URL.canParse(redisUrl)) return ['REDIS_URL must be a redis:// or rediss:// address']
  const { hostname, port } = new URL(redisUrl)
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
