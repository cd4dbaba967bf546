import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { MillraceError } from '@millrace/common'
import type { Logger } from '../logger.ts'
import type { GrpcOptions } from './grpc-options.ts'
import type { GrpcServer } from './grpc-server.ts'

/** A port that speaks gRPC. */
export interface RunningGrpc {
  port: number
  /** Take no new calls, answer what runs, close all connections. */
  close(): Promise<void>
}

/**
 * Listen for gRPC clients. The libraries are loaded when the first of them connects, which then waits for
 * about 0.1 s: a server that nobody asks over gRPC pays neither that nor the 30 MB of memory.
 * @throws {MillraceError} MILL_PORT_TAKEN naming the setting that changes the port
 */
export async function startGrpc(options: GrpcOptions): Promise<RunningGrpc> {
  const { host, port, log } = options
  let speaker: Promise<GrpcServer> | undefined
  const connections = createServer({ noDelay: true }, connection => {
    speaker ??= import('./grpc-server.ts').then(({ createGrpcServer }) => createGrpcServer(options))
    void hand(connection, speaker, log)
  })
  await listen(connections, host, port)
  return {
    port: (connections.address() as AddressInfo).port,
    async close() {
      const closed = new Promise<void>(resolve => connections.close(() => resolve()))
      // That it cannot be spoken is told to whoever connects.
      await speaker?.then(
        server => server.close(),
        () => undefined
      )
      await closed
    }
  }
}

async function hand(connection: Socket, speaker: Promise<GrpcServer>, log: Logger): Promise<void> {
  // A client that hangs up before anybody listens must not end the process.
  connection.on('error', () => connection.destroy())
  try {
    const server = await speaker
    server.take(connection)
  } catch (error) {
    log.error({ err: error }, 'gRPC cannot be spoken')
    connection.destroy()
  }
}

const portFaults: Record<string, string> = {
  EADDRINUSE: 'is taken',
  EACCES: 'may not be opened by this user'
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen({ host, port }, resolve)
  try {
    await promise
  } catch (error) {
    throw listenFailed(error, port)
  }
}

function listenFailed(error: unknown, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const fault = portFaults[code]
  if (fault === undefined) return error
  const setting = 'MILLRACE_PORT_GRPC'
  const problem = `port ${port} of gRPC ${fault}, set ${setting} to another`
  return new MillraceError('MILL_PORT_TAKEN', problem, {
    cause: error,
    details: { problems: [problem], ports: [port], settings: [setting] }
  })
}
