import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** A server to be measured, in a process of its own. */
export interface Server {
  port: number
  /** Milliseconds from the start of the process to its first good answer. */
  readyMs: number
  /** CPU time of all its threads so far, in microseconds. */
  cpu(): number
  /** Bytes of memory that are resident now. */
  rss(): number
  /** What `/health` answers. */
  health: Record<string, unknown>
  stop(): Promise<void>
}

/** The program. */
export const millrace = fileURLToPath(new URL('../packages/server/bin/millrace.js', import.meta.url))
const patienceMs = 20_000
const lookEveryMs = 5

/**
 * Start one service of Millrace on a fresh data folder, at the settings that users have but for those given.
 * `SERVER_NODE_OPTIONS` holds options for its Node.js, such as --cpu-prof.
 */
export async function startService(service: string, settings: Record<string, string>): Promise<Server> {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-bench-'))
  const port = await freePort()
  const env = {
    PATH: process.env['PATH'],
    PORT: String(port),
    MILLRACE_PORT_GRPC: '0',
    MILLRACE_DATA_DIR: folder,
    LOG_LEVEL: 'warn',
    ...settings
  }
  const nodeOptions = process.env['SERVER_NODE_OPTIONS']?.split(' ') ?? []
  return await startServer(process.execPath, [...nodeOptions, millrace, 'serve', service], {
    env,
    port,
    cleanUp: () => rmSync(folder, { recursive: true, force: true })
  })
}

/** What {@link startServer} needs to know. */
export interface ServerStart {
  port: number
  env?: Record<string, string | undefined>
  cleanUp?: () => void
}

/** Start a program and wait until its `/health` answers. */
export async function startServer(
  program: string,
  args: readonly string[],
  { port, env = process.env, cleanUp = () => undefined }: ServerStart
): Promise<Server> {
  const stdio: StdioOptions = ['ignore', 'ignore', 'inherit']
  const startedAt = performance.now()
  const child = spawn(program, args, { env, stdio })
  const ended = once(child, 'exit')
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await ended
    cleanUp()
  }
  const health = await firstHealth(child, port, startedAt + patienceMs)
  const readyMs = performance.now() - startedAt
  if (health === undefined) {
    await stop()
    throw new Error(`${program} ${args.join(' ')} did not start`)
  }
  return { port, readyMs, cpu: () => cpuOf(child.pid!), rss: () => rssOf(child.pid!), health, stop }
}

async function firstHealth(
  child: ChildProcess,
  port: number,
  deadline: number
): Promise<Record<string, unknown> | undefined> {
  for (;;) {
    const health = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined)
    if (health?.ok === true) return (await health.json()) as Record<string, unknown>
    if (child.exitCode !== null || performance.now() > deadline) return undefined
    await pause(lookEveryMs)
  }
}

/** Of the threads that live, to the nanosecond, where the kernel tells; ticks of 10 ms are too coarse for short rounds. */
function cpuOf(pid: number): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    const ns = threads.map(thread =>
      Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0])
    )
    return ns.reduce((sum, each) => sum + each, 0) / 1000
  } catch {
    return ticksOf(pid)
  }
}

/** In microseconds, from ticks of which Linux tells programs that there are 100 a second. */
function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

function rssOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024
}

/** A port that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' ? address!.port : 0
}
