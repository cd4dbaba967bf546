import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { connectRedis, type RedisConnection, type RedisOptions } from '../src/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

/**
 * Why tests with a real Redis are skipped here; false where there is one. In continuous integration it must be there.
 */
export const withoutRedis: string | false = findRedis()

function findRedis(): string | false {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' })
    return false
  } catch (error) {
    if (process.env['CI'] === 'true') throw new Error('redis-server is not installed', { cause: error })
    return 'redis-server is not installed'
  }
}

/** A `redis-server` of its own, on a free port of the loopback interface. */
export interface RedisServer {
  readonly port: number
  /** `kill -9`; resolves once it is gone. */
  kill(): Promise<void>
  /** Start again on the same port, with what it has on disk. */
  start(): Promise<void>
  /** `kill -STOP` and `kill -CONT`. */
  pause(): void
  resume(): void
}

/** What is kept on disk: every write as it was answered, or nothing at all. */
export type Persistence = 'appendonly' | 'nothing'

/** Start a server that ends with the test. @param settings further arguments for the command line */
export async function startRedis(
  context: TestContext,
  { persistence = 'nothing', settings = [] }: { persistence?: Persistence; settings?: readonly string[] } = {}
): Promise<RedisServer> {
  const port = await freePort()
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', temporaryFolder(context), '--save', '']
  if (persistence === 'appendonly') args.push('--appendonly', 'yes', '--appendfsync', 'no')
  let child: ChildProcess | undefined
  async function kill(): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  async function start(): Promise<void> {
    await kill()
    child = await ready([...args, ...settings])
  }
  await start()
  context.after(kill)
  return {
    port,
    kill,
    start,
    pause: () => assert.ok(child?.kill('SIGSTOP')),
    resume: () => assert.ok(child?.kill('SIGCONT'))
  }
}

/** A server that takes connections. */
async function ready(args: string[]): Promise<ChildProcess> {
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line)
    if (!line.includes('Ready to accept connections')) continue
    child.stdout.resume()
    return child
  }
  throw new Error(`redis-server did not start:\n${lines.join('\n')}`)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** A connection to the server that ends with the test and tries again every few milliseconds. */
export async function connectTo(
  context: TestContext,
  { port }: { port: number },
  options: RedisOptions = {}
): Promise<RedisConnection> {
  const connection = await connectRedis({ host: '127.0.0.1', port, retryDelayMs: () => 5, ...options })
  context.after(() => connection.close())
  return connection
}
