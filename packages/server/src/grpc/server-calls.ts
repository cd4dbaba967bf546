import { extensions } from '../protocols/v2/server-routes.ts'
import { version } from '../version.ts'

/** Answers about the server, under the names of their calls. */
export interface ServerCalls {
  ServerLive(): { live: boolean }
  ServerReady(): { ready: boolean }
  ServerMetadata(): { name: string; version: string; extensions: readonly string[] }
}

/** What can be asked of the server as a whole. */
export function serverCalls(isReady: () => boolean): ServerCalls {
  return {
    ServerLive: () => ({ live: true }),
    ServerReady: () => ({ ready: isReady() }),
    ServerMetadata: () => ({ name: 'millrace', version, extensions })
  }
}
