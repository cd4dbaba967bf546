import { beginStores } from '../stores.ts'
import type { ServicesRun } from './run-services.ts'

/**
 * Run services until a signal says to stop. What they are made of is loaded while their store opens: on two cores that
 * saves the time that the thread of the store takes to start, some 80 ms.
 * @returns the exit code
 * @throws {MillraceError} when a service cannot start, with nothing left running
 */
export async function startServices(run: Omit<ServicesRun, 'stores'>): Promise<number> {
  const stores = beginStores(run)
  const { runServices } = await import('./run-services.ts')
  return await runServices({ ...run, stores })
}
