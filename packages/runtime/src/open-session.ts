import { loadOrt } from './ort-binding.ts'
import { createSession, type Session } from './ort-session.ts'

/** A session, and what was learned on the way to it. */
export interface OpenedSession {
  readonly session: Session
  /** What the session was made from: the file, without its ZipMaps. */
  readonly bytes: Uint8Array
  readonly classLabels: ReadonlyMap<string, readonly string[]>
  /** Milliseconds that the native library took. */
  readonly createMs: number
}

/**
 * Make a session on this thread, with probabilities as tensors.
 * @param file where the bytes come from: external data are looked for beside it
 * @throws {Error} of the native library, or MillraceError MILL_MODEL_INVALID
 */
export async function openSession(bytes: Uint8Array, file: string, threads: number): Promise<OpenedSession> {
  const ort = await loadOrt()
  const unzipped = await unzip(bytes)
  const startedAt = performance.now()
  const session = createSession(ort, unzipped.bytes, { threads, file })
  return { session, ...unzipped, createMs: performance.now() - startedAt }
}

/** To look for the operator's name is far quicker than to read the graph, or to make a session that is of no use. */
async function unzip(bytes: Uint8Array): Promise<Pick<OpenedSession, 'bytes' | 'classLabels'>> {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (!view.includes('ZipMap')) return { bytes, classLabels: new Map() }
  const { withoutZipMaps } = await import('./zip-map.ts')
  return withoutZipMaps(bytes)
}
