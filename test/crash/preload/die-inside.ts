/**
 * Loaded before the program: kills it with SIGKILL in the middle of what it does with a journal's files, at a point that
 * the environment variable CRASH_POINT says. No moment that is chosen from outside is as precise.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { isMainThread } from 'node:worker_threads'
import type { CrashPoint } from '../crash-point.ts'
import { journalPath } from './journal-paths.ts'

const point = JSON.parse(process.env['CRASH_POINT'] ?? 'null') as CrashPoint | null
let calls = 0

type Call = (...args: unknown[]) => unknown

function die(): never {
  process.kill(process.pid, 'SIGKILL')
  // Other threads may run on for a moment; this one goes no further.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  throw new Error('not reached')
}

if (point !== null && isMainThread === (point.thread === 'main')) {
  const { operation, call, moment } = point
  const functions = fs as unknown as Record<string, Call>
  for (const name of [operation, `${operation}Sync`])
    functions[name] = replaced(functions[name]!, name.endsWith('Sync'))
  syncBuiltinESMExports()

  function replaced(original: Call, isSync: boolean): Call {
    return (...args) => {
      if (journalPath(args[0]) === undefined || (calls += 1) !== call) return original(...args)
      if (moment === 'before') die()
      if (moment === 'halfway') {
        if (operation === 'write') writeHalf(args)
        die()
      }
      if (isSync) {
        original(...args)
        die()
      }
      return original(...args.slice(0, -1), die)
    }
  }
}

/** Arguments of `fs.write` or `fs.writeSync` with a buffer. */
function writeHalf(args: unknown[]): void {
  const [file, bytes, offset = 0, length = bytes.length, position = null] = args as [
    number,
    Buffer,
    number?,
    number?,
    number?
  ]
  fs.writeSync(file, bytes, offset, Math.floor(length / 2), typeof position === 'number' ? position : null)
}
