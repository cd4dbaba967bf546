import { statfs } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'
import type { MetricsReply } from '@millrace/protocol'

/** Figures of the machine, beside those of time. */
export type SystemFigures = Omit<MetricsReply['system_metrics'], 'timestamp' | 'uptime_seconds'>

/** What {@link systemFigures} is given. */
export interface SystemSources {
  /** A folder of the disk to tell of, which need not exist yet. */
  folder: string
  /** Milliseconds that never go back. */
  monotonicNow?: () => number
  /** Processor times of all cores so far. */
  readCpus?: () => CpuTimes
}

/** Milliseconds of processors, in the same unit. */
export interface CpuTimes {
  busy: number
  total: number
}

/** Looks at processors that follow each other faster tell the figure of the one before. */
const shortestLookMs = 1000
const gibibyte = 2 ** 30

/**
 * Reads what machine and disk do at present; nothing is read in between. The use of processors is that since the look
 * before, whoever it was that looked; at first, since this was made. A control group's limit of memory counts as what
 * there is.
 */
export function systemFigures({
  folder,
  monotonicNow = () => performance.now(),
  readCpus = cpuTimes
}: SystemSources): () => Promise<SystemFigures> {
  let before = { at: monotonicNow(), times: readCpus() }
  let percent: number | null = null
  const cpuPercent = (): number | null => {
    const at = monotonicNow()
    if (at - before.at < shortestLookMs) return percent
    const times = readCpus()
    const total = times.total - before.times.total
    if (total > 0) percent = twoDecimals((100 * (times.busy - before.times.busy)) / total)
    before = { at, times }
    return percent
  }
  return async () => ({
    cpu_percent: cpuPercent(),
    ...memoryFigures(),
    ...(await diskFigures(folder)),
    ...ownFigures()
  })
}

function cpuTimes(): CpuTimes {
  let [busy, total] = [0, 0]
  for (const { times } of cpus()) {
    const { user, nice, sys, irq, idle } = times
    busy += user + nice + sys + irq
    total += user + nice + sys + irq + idle
  }
  return { busy, total }
}

function memoryFigures() {
  const limit = process.constrainedMemory()
  const total = limit > 0 ? Math.min(limit, totalmem()) : totalmem()
  const used = Math.max(0, total - process.availableMemory())
  return {
    memory_percent: twoDecimals((100 * used) / total),
    memory_used_gb: gibibytes(used),
    memory_total_gb: gibibytes(total)
  }
}

async function diskFigures(folder: string) {
  try {
    const { bsize, blocks, bfree, bavail } = await statfs(folder)
    const used = blocks - bfree
    return {
      // As `df` does: what only the superuser may fill does not count as free.
      disk_percent: twoDecimals((100 * used) / (used + bavail)),
      disk_used_gb: gibibytes(used * bsize),
      disk_total_gb: gibibytes(blocks * bsize)
    }
  } catch {
    return { disk_percent: null, disk_used_gb: null, disk_total_gb: null }
  }
}

function ownFigures() {
  const { user, system } = process.cpuUsage()
  return {
    process_memory_gb: gibibytes(process.memoryUsage.rss()),
    process_cpu_seconds: twoDecimals((user + system) / 1e6)
  }
}

function gibibytes(bytes: number): number {
  return Math.round((bytes / gibibyte) * 1e4) / 1e4
}

function twoDecimals(value: number): number {
  return Math.round(value * 100) / 100
}
