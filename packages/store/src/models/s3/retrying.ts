import { setTimeout as delay } from 'node:timers/promises'
import type { RetryDelay } from '../../redis/backoff.ts'
import { isPassing } from './bucket-errors.ts'

/**
 * Try something several times, with a wait between, as long as it fails for a reason that may pass.
 * @returns what `run` gave, or rejects with its last error
 */
export async function retrying<T>(
  run: () => Promise<T>,
  { attempts, delayMs, signal }: { attempts: number; delayMs: RetryDelay; signal: AbortSignal }
): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await run()
    } catch (error) {
      if (failures >= attempts || signal.aborted || !isPassing(error)) throw error
      await delay(delayMs(failures), undefined, { signal })
    }
  }
}
