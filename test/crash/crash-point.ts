import type { PythonRandom } from '@millrace/common'

/** What the program does with the files of a journal, as functions of `node:fs`. */
export const operations = ['write', 'fdatasync', 'fsync', 'open', 'rename', 'unlink'] as const

/** A point within the program's work on its journals. */
export interface CrashPoint {
  /** The main thread, or each other one, counts calls for itself. */
  thread: 'main' | 'worker'
  operation: (typeof operations)[number]
  /** Which call of the operation, from 1. */
  call: number
  /** `halfway` through a write half of the bytes are written; for the others it is as `before`. */
  moment: 'before' | 'halfway' | 'after'
}

/** Mostly writes and syncs, near enough to be reached in a second or two of load, and often in the start. */
export function randomCrashPoint(random: PythonRandom): CrashPoint {
  const thread = random.random() < 0.6 ? 'main' : 'worker'
  const [operation] = random.choices(operations, thread === 'main' ? [6, 4, 1, 2, 2, 1] : [3, 0, 2, 1, 3, 1])
  const isFrequent = thread === 'main' && (operation === 'write' || operation === 'fdatasync')
  const call = Math.floor(Math.exp(random.uniform(0, Math.log(isFrequent ? 400 : 8))))
  const [moment] = random.choices(['before', 'halfway', 'after'] as const)
  return { thread, operation: operation!, call, moment: moment! }
}
