import type { App } from '../app-type.ts'

/** How many connections to an app are open. */
export function openConnections({ server }: Pick<App, 'server'>): Promise<number> {
  return new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)))
  )
}
