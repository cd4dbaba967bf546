import { setTimeout as delay } from 'node:timers/promises'

/** Whether something ends within so many milliseconds. @param work must not reject */
export async function isDoneWithin(work: Promise<void>, ms: number): Promise<boolean> {
  const over = new AbortController()
  const late = delay(ms, false, { signal: over.signal }).catch(() => false)
  try {
    return await Promise.race([work.then(() => true), late])
  } finally {
    over.abort()
  }
}
