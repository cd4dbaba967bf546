import { loadOrt } from './ort-binding.ts'
import { createSession, type Session, type SessionOptions } from './ort-session.ts'

/** A session, and what was learned on the way to it. */
export interface OpenedSession {
  readonly session: Session
  /** What the session was made from: the file, without its ZipMaps. */
  readonly bytes: Uint8Array
  readonly classLabels: ReadonlyMap<string, readonly string[]>
  /** Milliseconds that the native library took. */
  readonly createMs: number
  /** Estimate of what the session holds. */
  readonly memoryBytes: number
}

/**
 * Bytes in memory for each byte of a file, measured: networks of 34 and 193 MB took 1.1 to 1.9 times their files, forests
 * of 0.7 and 22 MB took 7 to 10 times theirs, as each node of a tree becomes an object.
 */
const memoryFactor = { trees: 9, others: 2 }

/** Bytes of the smallest session, measured: 0.17 to 0.29 MB. */
const leastMemory = 300_000

/**
 * Make a session on this thread, with probabilities as tensors.
 * @throws {Error} of the native library, or MillraceError MILL_MODEL_INVALID
 */
export async function openSession(bytes: Uint8Array, options: SessionOptions): Promise<OpenedSession> {
  const ort = await loadOrt()
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const factor = view.includes('TreeEnsemble') ? memoryFactor.trees : memoryFactor.others
  const memoryBytes = leastMemory + factor * bytes.length
  // To look for the name is far quicker than to read the graph, or to make a session that is of no use.
  const unzipped = view.includes('ZipMap') ? await unzip(bytes) : { bytes, classLabels: new Map() }
  const startedAt = performance.now()
  const session = createSession(ort, unzipped.bytes, options)
  return { session, ...unzipped, createMs: performance.now() - startedAt, memoryBytes }
}

async function unzip(bytes: Uint8Array): Promise<Pick<OpenedSession, 'bytes' | 'classLabels'>> {
  const { withoutZipMaps } = await import('./zip-map.ts')
  return withoutZipMaps(bytes)
}
