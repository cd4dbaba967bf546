import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { LoadReport } from './load.ts'
import type { Round } from './serving/client.ts'

/** A process that asks a model server. */
export interface Client {
  /** Requests that differ do so from all that were asked before. */
  ask(round: Omit<Round, 'first'>): Promise<LoadReport>
  end(): void
}

let nextNumber = 1

/** Start a process that asks. */
export async function startClient(): Promise<Client> {
  const child: ChildProcess = fork(new URL('serving/client.ts', import.meta.url))
  await once(child, 'message')
  return {
    async ask(round) {
      child.send({ ...round, first: nextNumber })
      const [report] = (await once(child, 'message')) as [LoadReport]
      nextNumber += report.requests + round.connections
      return report
    },
    end: () => child.disconnect()
  }
}
