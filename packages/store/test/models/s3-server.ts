import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext } from 'node:test'
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { temporaryFolder } from '../temporary-folder.ts'
import { until } from '../until.ts'

/** The server: `versitygw`, which MILLRACE_TEST_S3 may name with its path. */
const program = process.env['MILLRACE_TEST_S3'] ?? 'versitygw'

/** Why tests with a real server of S3 are skipped here; false where there is one. In continuous integration it must be there. */
export const withoutS3: string | false = findServer()

function findServer(): string | false {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return false
  } catch (error) {
    if (process.env['CI'] === 'true') throw new Error(`${program} is not installed`, { cause: error })
    return `${program} is not installed`
  }
}

/** What only the server and its users know. */
export const credentials = { accessKeyId: 'millrace-test-user', secretAccessKey: 'millrace-test-secret' }

export const bucket = 'models'

/** A server of S3 of its own, with one bucket. */
export interface S3Server {
  readonly endpoint: string
  /** Write an object in one go. */
  put(key: string, content: string | Uint8Array): Promise<void>
  remove(key: string): Promise<void>
  /** `kill -9`; resolves once it is gone. */
  kill(): Promise<void>
  /** Start again on the same port with the same objects. */
  start(): Promise<void>
}

/** Start a server that ends with the test. */
export async function startS3(context: TestContext): Promise<S3Server> {
  const folder = temporaryFolder(context)
  for (const name of ['data', 'data/models', 'about']) mkdirSync(join(folder, name))
  const port = await freePort()
  const address = `127.0.0.1:${port}`
  const endpoint = `http://${address}`
  const args = ['--port', address, '--quiet', 'posix', '--sidecar', join(folder, 'about'), join(folder, 'data')]
  let child: ChildProcess | undefined
  async function kill(): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  async function start(): Promise<void> {
    await kill()
    const { accessKeyId: ROOT_ACCESS_KEY, secretAccessKey: ROOT_SECRET_KEY } = credentials
    child = spawn(program, args, { stdio: 'ignore', env: { ...process.env, ROOT_ACCESS_KEY, ROOT_SECRET_KEY } })
    await until(() => isListening(port))
  }
  const client = new S3Client({ region: 'us-east-1', endpoint, forcePathStyle: true, credentials, maxAttempts: 10 })
  context.after(async () => {
    client.destroy()
    await kill()
  })
  await start()
  return {
    endpoint,
    kill,
    start,
    async put(Key, content) {
      const Body = Buffer.from(content)
      await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body, ContentLength: Body.length }))
    },
    async remove(Key) {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }))
    }
  }
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
