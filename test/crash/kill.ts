import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { CrashPoint } from './crash-point.ts'
import type { Gate } from './gate.ts'
import { filesIn, isHalfWritten, type Moment, momentCame } from './moment.ts'
import type { Restartable, Run, StartOptions } from './restartable.ts'

/** How a kill went. */
export interface Killed {
  /** The kind of moment, as it came about: one that was not reached in time becomes `load`. */
  kind: Moment['kind']
  /** Whether it left a snapshot half written. */
  isDuringSnapshot: boolean
  /** How long it took until the program was ready, in milliseconds; undefined when it was killed before. */
  startMs: number | undefined
}

/** What a kill needs beside the moment. */
export interface KillDeps {
  target: Restartable
  gate: Gate
  /** How many clients wait at the gate when nothing is under way. */
  clients: number
  /** Looks at the program once it is ready and nothing is under way. */
  check(run: Run): Promise<void>
  onAcknowledged(hit: () => void): () => void
  /** How long a start takes, in milliseconds. */
  startMs: number
  /** What every start is given. */
  start: StartOptions
}

/** How long a moment under load is waited for. */
const longestWaitMs = 2500

const dieInside = fileURLToPath(new URL('preload/die-inside.ts', import.meta.url))

/** The program ended although nobody killed it. */
export class EndedByItself extends Error {}

/**
 * Start the program, let clients work, and kill it at the moment.
 * @throws {EndedByItself} when it ends before
 */
export async function startAndKill(moment: Moment, deps: KillDeps): Promise<Killed> {
  if (moment.kind === 'takeover') return await startAndTakeOver(moment, deps)
  const { target, gate, start } = deps
  const before = new Set(journalFiles(target))
  const isInside = moment.kind === 'inside'
  const run = target.start(isInside ? withPoint(start, moment.point) : start)
  let startMs: number | undefined
  void run.ready.then(
    () => (startMs = run.elapsed()),
    () => undefined
  )
  const died = run.program.exit.then(() => 'died' as const)
  const over = new AbortController()
  const reached = await Promise.race([died, untilMoment(moment, run, deps, over.signal)])
  over.abort()
  gate.close()
  const isAlive = run.program.child.exitCode === null && run.program.child.signalCode === null
  const { code, signal } = await target.end('SIGKILL')
  if (signal !== 'SIGKILL' || (!isAlive && !isInside)) {
    throw new EndedByItself(`the program ended with ${code ?? signal}: ${run.program.errors()}`)
  }
  const left = journalFiles(target).filter(name => isHalfWritten(name) && !before.has(name))
  return { kind: reached === 'late' ? 'load' : moment.kind, isDuringSnapshot: left.length > 0, startMs }
}

/**
 * Start the program, let clients work, let another one become the writer on the same folder, kill the first a moment
 * later, and then the other.
 */
async function startAndTakeOver(moment: Extract<Moment, { kind: 'takeover' }>, deps: KillDeps): Promise<Killed> {
  const { target, gate, clients, check, start } = deps
  const first = target.start(start)
  await first.ready
  const startMs = first.elapsed()
  await gate.allWaiting(clients)
  await check(first)
  gate.open()
  await pause(moment.afterMs)
  const { child, exit } = first.program
  if (moment.isStopped) child.kill('SIGSTOP')
  const takeover = { ...start, environment: { ...start.environment, MILLRACE_ROLE: 'takeover' } }
  let second = target.start(takeover)
  if (moment.isStopped && (await isLockedOut(second))) {
    child.kill('SIGCONT')
    second = target.start(takeover)
  }
  await second.ready
  child.kill('SIGCONT')
  await pause(moment.overlapMs)
  child.kill('SIGKILL')
  await exit
  await pause(moment.afterMs)
  gate.close()
  const { code, signal } = await target.end('SIGKILL')
  if (signal !== 'SIGKILL') throw new EndedByItself(`the program ended with ${code}: ${second.program.errors()}`)
  return { kind: moment.kind, isDuringSnapshot: false, startMs }
}

/** Whether a run ended because a stopped process holds the lock of the database: nothing but that one can let it go. */
async function isLockedOut({ ready, program }: Run): Promise<boolean> {
  return await ready.then(
    () => false,
    () => program.errors().includes('locked by another program')
  )
}

function withPoint({ preload = [], environment }: StartOptions, point: CrashPoint): StartOptions {
  const preloads = [...preload, dieInside]
  return { preload: preloads, environment: { ...environment, CRASH_POINT: JSON.stringify(point) } }
}

function late(): Promise<'late'> {
  return pause(longestWaitMs, 'late' as const, { ref: false })
}

/** @returns `late` when the moment did not come in time */
async function untilMoment(moment: Moment, run: Run, deps: KillDeps, over: AbortSignal): Promise<'came' | 'late'> {
  const { target, gate, clients, check, onAcknowledged, startMs } = deps
  const surroundings = { journals: journalsOf(target), onAcknowledged, over }
  const came = async (): Promise<'came'> => {
    await momentCame(moment, surroundings)
    return 'came'
  }
  if (moment.kind === 'start') return await pause(moment.part * startMs, 'came')
  if (moment.kind === 'segment') return await Promise.race([came(), late()])
  if ((await run.ready.catch(() => undefined)) === undefined) return 'came'
  if (moment.kind === 'repeating') return await came()
  // Clients that still wait for an answer to what they asked the run before get it now.
  await gate.allWaiting(clients)
  if (!over.aborted) await check(run)
  // Died meanwhile: by now another run may be under way.
  if (over.aborted) return 'came'
  gate.open()
  return await (moment.kind === 'inside' ? late() : Promise.race([came(), late()]))
}

/** The folder of all journals. */
export function journalsOf({ dataDir }: Pick<Restartable, 'dataDir'>): string {
  return path.join(dataDir, 'journal')
}

function journalFiles(target: Restartable): string[] {
  return filesIn(journalsOf(target))
}
