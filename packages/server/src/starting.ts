import { setFlagsFromString } from 'node:v8'

/**
 * A start that takes more than this many times the CPU time that it took to get here has something to recover, for which
 * V8 shall do its best. Others take half of that.
 */
const longestStart = 20

/** Milliseconds between two looks at how long it takes. */
const lookEveryMs = 100

let looks: NodeJS.Timeout | undefined

/** What every service loads. Node.js has the compiled form of these, but discards it once a flag of V8 has changed. */
const builtins = [
  'node:assert',
  'node:cluster',
  'node:crypto',
  'node:dns',
  'node:fs/promises',
  'node:http',
  'node:http2',
  'node:https',
  'node:module',
  'node:net',
  'node:perf_hooks',
  'node:process',
  'node:readline',
  'node:sqlite',
  'node:timers/promises',
  'node:worker_threads',
  'node:zlib'
]

/**
 * Let V8 hold back while a server starts. It cannot know that little of this happens twice, and what requests will need:
 *
 * - Its space for new objects stays as it is, 1 or 2 MB. Nearly all that is made now stays, so the space would grow to 16
 *   MB, and nothing gives that back.
 * - Its optimising compilers rest. They would take 5 MB of their own code and 3 MB to work in, and some 40 ms on other
 *   cores, for functions that are hot now only.
 *
 * V8 reads these flags whenever they matter, so they may change at any time.
 */
export function startSparingly(): void {
  for (const name of builtins) process.getBuiltinModule(name)
  setFlags('--semi-space-growth-factor=1', '--no-turbofan', '--no-maglev')
  const longestUs = longestStart * cpuUs()
  looks ??= setInterval(() => cpuUs() > longestUs && startIsOver(), lookEveryMs).unref()
}

/** Let V8 spend what requests need, as it does by itself. To be called when they can come. */
export function startIsOver(): void {
  clearInterval(looks)
  looks = undefined
  setFlags('--semi-space-growth-factor=2', '--turbofan', '--maglev')
}

/** Microseconds that all threads took so far. */
function cpuUs(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

function setFlags(...flags: readonly string[]): void {
  for (const flag of flags) setFlagsFromString(flag)
}
