import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

/** Reads a small file; undefined where there is none. */
export type ReadText = (path: string) => string | undefined

const cgroupRoot = '/sys/fs/cgroup'

/**
 * Processor cores that this process may keep busy: those it may be scheduled on, and no more than the quota of its
 * control group or any above it, in version 1 or 2, rounded down. At least 1. Not all versions of Node.js ask for the
 * quota, and the native library asks for neither.
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files
 * @see https://docs.kernel.org/scheduler/sched-bwc.html
 */
export function usableCores(readText: ReadText = readIfThere, cores: number = availableParallelism()): number {
  return Math.max(1, Math.floor(Math.min(cores, quotaOfVersion2(readText), quotaOfVersion1(readText))))
}

function quotaOfVersion2(readText: ReadText): number {
  const own = /^0::(.*)$/m.exec(readText('/proc/self/cgroup') ?? '')?.[1] ?? '/'
  const quotas = upwards(own).map(folder => {
    const [quota, period] = (readText(`${cgroupRoot}${folder}/cpu.max`) ?? '').trim().split(' ')
    return share(quota, period)
  })
  return Math.min(...quotas)
}

function quotaOfVersion1(readText: ReadText): number {
  const own = /^\d+:(?:[^:]*,)?cpu(?:,[^:]*)?:(.*)$/m.exec(readText('/proc/self/cgroup') ?? '')?.[1] ?? '/'
  const quotas = upwards(own).flatMap(folder =>
    ['cpu', 'cpu,cpuacct'].map(controller => {
      const base = `${cgroupRoot}/${controller}${folder}`
      return share(readText(`${base}/cpu.cfs_quota_us`)?.trim(), readText(`${base}/cpu.cfs_period_us`)?.trim())
    })
  )
  return Math.min(...quotas)
}

/** `/a/b`, `/a` and the root, which is the empty text. A container sees its own group as the root. */
function upwards(group: string): string[] {
  const names = group.split('/').filter(name => name !== '')
  return Array.from({ length: names.length + 1 }, (_, index) => names.slice(0, names.length - index)).map(some =>
    some.map(name => `/${name}`).join('')
  )
}

/** `max` and -1 stand for no quota. */
function share(quota: string | undefined, period: string | undefined): number {
  const ratio = Number(quota) / Number(period)
  return ratio > 0 ? ratio : Number.POSITIVE_INFINITY
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
