import type { Config } from '../config-schema.ts'

/** Bytes of answers that each process keeps: what is set is divided evenly between the primary and its workers. */
export function cacheShare({ cacheBytes, workers }: Pick<Config, 'cacheBytes' | 'workers'>): number {
  return workers === 1 ? cacheBytes : Math.floor(cacheBytes / (workers + 1))
}
