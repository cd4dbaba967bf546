import { stat } from 'node:fs/promises'
import { MillraceError } from '@millrace/common'
import { openSession } from './open-session.ts'
import { loadOrt } from './ort-binding.ts'
import { createSession, type Session, type SessionOptions } from './ort-session.ts'
import { readModel, releaseBytes } from './read-model.ts'
import type { LoadOptions } from './runtime-model.ts'
import type { SessionThread } from './session-thread.ts'
import type { SpareThreads } from './spare-threads.ts'
import type { OpenReport, OpenRequest } from './thread-messages.ts'
import { warmUp } from './warm-up.ts'

/** Where models are to run, and with what. */
export interface Placement {
  /** Cores that the process may use. */
  readonly cores: number
  /** Microseconds that a run of one row may take on the calling thread. */
  readonly inlineLimitUs: number
  /** Milliseconds that the making of a session may take there while requests are served. */
  readonly inlineCreateMs: number
  readonly spares: SpareThreads
}

/** A model with at least one session. */
export interface OpenedModel {
  readonly report: OpenReport
  /** On the calling thread; undefined when it runs in `threads`. */
  readonly session: Session | undefined
  readonly threads: readonly SessionThread[]
}

/** How much longer a first run may take than those that follow, at most. */
const firstRunFactor = 100

/** Bytes of a file that is tried on the calling thread when nobody waits for it. */
const smallFile = 8 * 1024 * 1024

/**
 * Make the sessions of a model where they belong. A model that is not known yet is tried where it can hurt nobody: on
 * the calling thread only if it is small and nothing is served yet, else on a thread of its own.
 * @throws {Error} with all sessions given back
 */
export async function openModel(options: LoadOptions, placement: Placement): Promise<OpenedModel> {
  const here = (await mayTryHere(options)) ? await openHere(options, placement) : undefined
  return here ?? (await openInThread(options, placement))
}

/** How to open a model in a thread. */
export function openRequest(options: LoadOptions, { cores }: Placement): OpenRequest {
  const { path, sha256, example, instances = 1 } = options
  // One core is left to the calling thread.
  const threads = options.threads ?? Math.max(1, Math.floor((cores - 1) / instances))
  return { path, sha256, example, threads, isMeasured: true }
}

async function mayTryHere({ path, placement, isServing = true }: LoadOptions): Promise<boolean> {
  if (placement !== undefined || isServing) return placement === 'inline'
  return (await sizeOf(path)) <= smallFile
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch {
    // Whatever is wrong with it will be said when it is read.
    return Number.POSITIVE_INFINITY
  }
}

/** @returns undefined when runs take too long for this thread, and it was not said that they must happen here */
async function openHere(options: LoadOptions, { inlineLimitUs }: Placement): Promise<OpenedModel | undefined> {
  const { bytes, sha256 } = await readModel(options.path, options.sha256)
  const fileBytes = bytes.length
  const opened = await openSession(bytes, hereOptions(options))
  const { session, classLabels, createMs, memoryBytes } = opened
  releaseBytes(opened.bytes)
  try {
    const isForced = options.placement === 'inline'
    const longestUs = isForced ? undefined : firstRunFactor * inlineLimitUs
    const found = warmUp(session, { example: options.example, longestUs })
    const { inputs, outputs, unserved } = session
    const facts = { inputs, outputs, unserved, classLabels, sha256, createMs, memoryBytes, fileBytes }
    const isShort = found.cost !== undefined && found.cost.rowUs < inlineLimitUs
    if (isShort || isForced) {
      return { report: { ...facts, warmUp: found, bytes: undefined }, session, threads: [] }
    }
  } catch (error) {
    session.dispose()
    throw error
  }
  session.dispose()
  return undefined
}

async function openInThread(options: LoadOptions, placement: Placement): Promise<OpenedModel> {
  const { inlineLimitUs, inlineCreateMs } = placement
  const bytesIf = options.placement === undefined ? { rowUs: inlineLimitUs, createMs: inlineCreateMs } : undefined
  const request = openRequest(options, placement)
  const { thread, report } = await openThread({ ...request, bytesIf }, placement.spares)
  if (report.bytes !== undefined) return takeOver(thread, { ...report, bytes: report.bytes }, options, placement)
  const others = await openOthers(
    { ...request, sha256: report.sha256 },
    options.instances ?? 1,
    placement.spares,
    thread
  )
  return { report, session: undefined, threads: [thread, ...others] }
}

/** Make a session in a thread. @throws {Error} with the thread given back */
export async function openThread(
  request: OpenRequest,
  spares: SpareThreads
): Promise<{ thread: SessionThread; report: OpenReport }> {
  const thread = spares.take()
  try {
    return { thread, report: await thread.open(request) }
  } catch (error) {
    await (thread.isAlive ? spares.giveBack(thread) : thread.end())
    throw error
  }
}

/** Make the session again on this thread: its runs are shorter than the way to another thread and back. */
async function takeOver(
  thread: SessionThread,
  report: OpenReport & { bytes: Uint8Array },
  options: LoadOptions,
  { spares }: Placement
): Promise<OpenedModel> {
  await thread.closeSession()
  await spares.giveBack(thread)
  const session = createSession(await loadOrt(), report.bytes, hereOptions(options))
  return { report: { ...report, bytes: undefined }, session, threads: [] }
}

/** Of a session on this thread: its runs are short, and most models hardly need memory for them. */
const hereOptions = ({ path, threads = 1 }: LoadOptions): SessionOptions => ({
  threads,
  file: path,
  keepsMemory: false
})

/** The other threads of a model with several; if one fails, all end. */
async function openOthers(
  request: OpenRequest,
  instances: number,
  spares: SpareThreads,
  first: SessionThread
): Promise<SessionThread[]> {
  const opening = Array.from({ length: instances - 1 }, () => openThread({ ...request, isMeasured: false }, spares))
  const settled = await Promise.allSettled(opening)
  const opened = settled.flatMap(one => (one.status === 'fulfilled' ? [one.value.thread] : []))
  const failed = settled.find(one => one.status === 'rejected')
  if (failed === undefined) return opened
  await Promise.all([first, ...opened].map(thread => thread.end()))
  throw new MillraceError('MILL_MODEL_INVALID', 'not all instances could be made', { cause: failed.reason })
}
