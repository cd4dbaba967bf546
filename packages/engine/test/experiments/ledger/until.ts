import { setTimeout as delay } from 'node:timers/promises'

/** Resolves as soon as something is so; the limit of the test ends a wait in vain. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(5)
}
