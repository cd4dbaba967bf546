import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** A server to be measured, in a process of its own. */
export interface Server {
  port: number
  /** CPU time of all its threads so far, in microseconds. */
  cpu(): number
  /** What `/health` answers. */
  health: Record<string, unknown>
  stop(): Promise<void>
}

const main = fileURLToPath(new URL('../../packages/server/src/main.ts', import.meta.url))
const peer = fileURLToPath(new URL('../peers/river_server.py', import.meta.url))
const patienceMs = 20_000

/** `millrace serve model` on a fresh data folder, at the settings that users have but for the durability. */
export async function startMillrace(
  learner: string,
  durability: string,
  more: Record<string, string> = {}
): Promise<Server> {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-bench-'))
  const port = await freePort()
  const settings = {
    MODEL_NAME: learner,
    MILLRACE_DURABILITY: durability,
    MILLRACE_DATA_DIR: folder,
    LOG_LEVEL: 'warn'
  }
  const env = { PATH: process.env['PATH'], PORT: String(port), ...settings, ...more }
  const child = spawn(process.execPath, [...nodeOptions(), main, 'serve', 'model'], {
    env,
    stdio: ['ignore', 'ignore', 'inherit']
  })
  return await answering(child, port, () => rmSync(folder, { recursive: true, force: true }))
}

/** River behind FastAPI; undefined where `PYTHON` has none. */
export async function startRiver(learner: string): Promise<Server | undefined> {
  const python = process.env['PYTHON'] ?? 'python3'
  if (spawnSync(python, ['-c', 'import river, fastapi, uvicorn']).status !== 0) return undefined
  const port = await freePort()
  const child = spawn(python, [peer, learner, String(port)], { stdio: ['ignore', 'ignore', 'inherit'] })
  return await answering(child, port, () => undefined)
}

/** Options for the Node.js of the servers, such as --cpu-prof, from `SERVER_NODE_OPTIONS`. */
function nodeOptions(): string[] {
  return process.env['SERVER_NODE_OPTIONS']?.split(' ') ?? []
}

async function answering(child: ChildProcess, port: number, cleanUp: () => void): Promise<Server> {
  const ended = once(child, 'exit')
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await ended
    cleanUp()
  }
  const deadline = performance.now() + patienceMs
  for (;;) {
    const health = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined)
    if (health?.ok === true) {
      return { port, cpu: () => cpuOf(child.pid!), health: (await health.json()) as Record<string, unknown>, stop }
    }
    if (child.exitCode !== null || performance.now() > deadline) {
      await stop()
      throw new Error('the server did not start')
    }
    await pause(50)
  }
}

/** From /proc, in ticks of which Linux tells programs that there are 100 a second. */
function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' ? address!.port : 0
}
