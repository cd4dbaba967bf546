import { existsSync, readdirSync, watch } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { PythonRandom } from '@millrace/common'
import { type CrashPoint, randomCrashPoint } from './crash-point.ts'

/** When the program is killed. */
export type Moment =
  /** After so long under load. */
  | { kind: 'load'; afterMs: number }
  /** After so long from its start: while it restores snapshots and replays journals. */
  | { kind: 'start'; part: number }
  /** Ready, and while clients repeat what the run before did not answer. */
  | { kind: 'repeating'; afterMs: number }
  /** The very moment that the n-th acknowledgement under load arrives. */
  | { kind: 'acknowledged'; nth: number }
  /** While the n-th snapshot under load is written: its temporary file is there. */
  | { kind: 'snapshot'; nth: number; afterMs: number }
  /** During the start, when the n-th new segment file appears: each learner begins one. */
  | { kind: 'segment'; nth: number; afterMs: number }
  /** By itself, at a point within its own work on its files. */
  | { kind: 'inside'; point: CrashPoint }
  /** When another process has become the writer under load; one may be stopped meanwhile. Then that one, under load. */
  | { kind: 'takeover'; afterMs: number; isStopped: boolean; overlapMs: number }

/** The kinds of moments, with how often each comes up. */
const weights: Record<Moment['kind'], number> = {
  load: 26,
  start: 15,
  repeating: 10,
  acknowledged: 13,
  snapshot: 14,
  segment: 6,
  inside: 16,
  takeover: 7
}

/** All kinds of moments. */
export const momentKinds = Object.keys(weights) as Moment['kind'][]

/** @param longestMs how long load lasts at most, in milliseconds */
export function randomMoment(random: PythonRandom, longestMs: number): Moment {
  const [kind] = random.choices(momentKinds, Object.values(weights))
  const afterMs = random.uniform(0, longestMs)
  const soonMs = random.uniform(0, 4)
  const nth = random.randint(1, 3)
  const acknowledgement = random.randint(1, 600)
  const point = randomCrashPoint(random)
  switch (kind!) {
    case 'load':
      return { kind: 'load', afterMs }
    case 'start':
      return { kind: 'start', part: random.uniform(0, 1.1) }
    case 'repeating':
      return { kind: 'repeating', afterMs: random.uniform(0, 60) }
    case 'acknowledged':
      return { kind: 'acknowledged', nth: acknowledgement }
    case 'snapshot':
      return { kind: 'snapshot', nth, afterMs: soonMs }
    case 'segment':
      return { kind: 'segment', nth: random.randint(1, 5), afterMs: soonMs / 2 }
    case 'inside':
      return { kind: 'inside', point }
    case 'takeover':
      return { kind: 'takeover', afterMs: afterMs / 2, isStopped: random.random() < 0.5, overlapMs: 30 * soonMs }
  }
}

/** What can be waited for while the program works. */
export interface Surroundings {
  /** The folder of all journals. */
  journals: string
  /** Calls `hit` at each acknowledgement until it is told to stop. */
  onAcknowledged(hit: () => void): () => void
  /** Nobody waits any more. */
  over: AbortSignal
}

/**
 * Resolves at the moment, which begins to be waited for now, or when it is over; moments that have no such beginning
 * resolve at once.
 */
export async function momentCame(moment: Moment, { journals, onAcknowledged, over }: Surroundings): Promise<void> {
  switch (moment.kind) {
    case 'load':
    case 'repeating':
      return await pause(moment.afterMs)
    case 'acknowledged':
      return await nthTime(moment.nth, onAcknowledged, over)
    case 'snapshot':
      await nthTime(moment.nth, hit => onNewFile(journals, isHalfWritten, hit), over)
      return await pause(moment.afterMs)
    case 'segment':
      await nthTime(moment.nth, hit => onNewFile(journals, name => name.includes('.segment'), hit), over)
      return await pause(moment.afterMs)
    case 'start':
    case 'inside':
    case 'takeover':
      return undefined
  }
}

/** Whether a file is that of a snapshot that is being written, or was when the program died. */
export function isHalfWritten(name: string): boolean {
  return name.includes('.snapshot') && name.endsWith('.tmp')
}

/** The names of all files in the folders of a folder. */
export function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder).flatMap(name => readdirSync(path.join(folder, name)))
}

async function nthTime(nth: number, listen: (hit: () => void) => () => void, over: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let times = 0
  const stop = listen(() => {
    if ((times += 1) === nth) resolve()
  })
  over.addEventListener('abort', () => resolve(), { once: true })
  await promise.finally(stop)
}

/** Calls `hit` once for each file that appears, as soon as the system tells. */
function onNewFile(journals: string, fits: (name: string) => boolean, hit: () => void): () => void {
  const seen = new Set(filesIn(journals))
  const watchers = (existsSync(journals) ? readdirSync(journals) : []).map(name =>
    watch(path.join(journals, name), (_event, file) => {
      if (file === null || seen.has(file) || !fits(file)) return
      seen.add(file)
      hit()
    })
  )
  return () => {
    for (const watcher of watchers) watcher.close()
  }
}
