import { resolve } from 'node:path'
import { integerWithin } from '@millrace/common'
import type { CursorStore } from './cursor-store.ts'
import type { Durability } from './durability.ts'
import type { PendingStore } from './pending-store.ts'
import { inOrderOfNames, type RegistryStore } from './registry-store.ts'
import { pendingSchema, stateSchema } from './schema.ts'
import type { SeriesMirror } from './series-mirror.ts'
import type { SeriesStore } from './series-store.ts'
import type { ThreadOptions } from './store-messages.ts'
import { StoreThread } from './store-thread.ts'

/** How the embedded store is opened. */
export interface EmbeddedStoreOptions {
  /** Folder of `millrace.db` and `pending.db`; made when it is missing. It must be on a local disk. */
  folder: string
  /** What an acknowledged write survives; pending predictions always survive the process and never cost an fsync. */
  durability: Durability
  /** Integer >= 1, how many observation ids are remembered for each series. */
  idsRemembered: number
  /** Integer >= 1, milliseconds that a prediction waits for its label. */
  pendingTtlMs: number
  /** Integer >= 1, how many predictions of each learner wait at most. */
  pendingLimit: number
  /** Integer >= 0, how long a write waits for another process's lock (default 5000). */
  busyTimeoutMs?: number
  /** Integer >= 1, how many calls may wait for their answers (default 10,000). */
  waitingLimit?: number
  /** Milliseconds since 1970, asked at the start (default `Date.now`). */
  now?: () => number
}

/** All that is kept on disk in tables: stores over files that several processes may share. */
export interface EmbeddedStore {
  readonly series: SeriesStore
  readonly mirror: SeriesMirror
  readonly cursors: CursorStore
  readonly pending: PendingStore
  readonly registry: RegistryStore
  /** How many calls wait for their answers. */
  readonly waiting: number
  /** Finish what was called, then close the files; later calls fail. Closing again does nothing. */
  close(): Promise<void>
}

/**
 * Open the store in a folder, in a thread of its own: no call blocks the calling thread, whatever disks and locks do.
 * Calls that wait together are one transaction of each file and share its fsync.
 *
 * With the durability `fsync` an acknowledged write survives a power failure. With `os` and `none` it survives the death
 * of the process, `kill -9` included, but after a power failure the last moments may be missing; the files stay whole.
 * Pending predictions are always kept as with `os`.
 *
 * Calls beyond `waitingLimit` fail with MILL_OVERLOADED, nothing stored. When a file cannot be written, because the disk
 * is full or read-only, the calls fail with MILL_STORE_FAILED, nothing stored, and later ones work again when it can;
 * reading goes on meanwhile. Should the thread end unexpectedly, the calls that wait fail with MILL_STORE_FAILED, some of
 * them perhaps stored, and the next call starts another thread.
 * @throws {MillraceError} MILL_OPTION_INVALID; MILL_STORE_FAILED when a file cannot be opened, read or written, is not a
 *   whole database, is another program's, or was written by a newer Millrace
 */
export async function openEmbeddedStore(options: EmbeddedStoreOptions): Promise<EmbeddedStore> {
  const { waitingLimit = 10_000, now = Date.now } = options
  const settings = threadSettings(options)
  integerWithin('waitingLimit', waitingLimit, 1)
  const thread = new StoreThread(() => ({ ...settings, now: now() }), waitingLimit)
  await thread.open()
  return {
    series: seriesOver(thread),
    mirror: mirrorOver(thread),
    cursors: cursorsOver(thread),
    pending: pendingOver(thread),
    registry: registryOver(thread),
    get waiting() {
      return thread.waiting
    },
    close: () => thread.close()
  }
}

/** What the thread is told of the options. @throws {MillraceError} MILL_OPTION_INVALID */
export function threadSettings(options: EmbeddedStoreOptions): Omit<ThreadOptions, 'now'> {
  const { folder, durability, busyTimeoutMs = 5000 } = options
  return {
    statePath: resolve(folder, stateSchema.fileName),
    pendingPath: resolve(folder, pendingSchema.fileName),
    // OFF would save nearly nothing for `none`, and a power failure could leave a file that does not open any more.
    synchronous: durability === 'fsync' ? 'FULL' : 'NORMAL',
    busyTimeoutMs: integerWithin('busyTimeoutMs', busyTimeoutMs, 0),
    idsRemembered: integerWithin('idsRemembered', options.idsRemembered, 1),
    pendingLimits: {
      ttlMs: integerWithin('pendingTtlMs', options.pendingTtlMs, 1),
      limit: integerWithin('pendingLimit', options.pendingLimit, 1)
    }
  }
}

function seriesOver(thread: StoreThread): SeriesStore {
  return {
    async push({ seriesId, value, keep, observationId }) {
      integerWithin('keep', keep, 1)
      return thread.call('series.push', { seriesId, value, keep, observationId })
    },
    read: seriesId => thread.call('series.read', seriesId),
    async list(limit) {
      return thread.call('series.list', integerWithin('limit', limit, 1))
    }
  }
}

function mirrorOver(thread: StoreThread): SeriesMirror {
  return {
    put: push => thread.call('mirror.put', push),
    get: seriesId => thread.call('mirror.get', seriesId),
    async page(limit, after) {
      return thread.call('mirror.page', integerWithin('limit', limit, 1), after)
    },
    async ids(seriesId, limit) {
      return thread.call('mirror.ids', seriesId, integerWithin('limit', limit, 1))
    },
    forgetCounts: () => thread.call('mirror.forgetCounts'),
    async pushWhileAway(push) {
      integerWithin('keep', push.keep, 1)
      return thread.call('mirror.pushWhileAway', push)
    },
    async outbox(limit, seriesId) {
      return thread.call('mirror.outbox', integerWithin('limit', limit, 1), seriesId)
    },
    settle: pushes => thread.call('mirror.settle', pushes),
    outboxSize: () => thread.call('mirror.outboxSize')
  }
}

function cursorsOver(thread: StoreThread): CursorStore {
  return {
    position: stream => thread.call('cursors.position', stream),
    async advance(stream, total) {
      return thread.call('cursors.advance', stream, integerWithin('total', total, 0))
    },
    commit: (stream, { index, round }) => thread.call('cursors.commit', stream, { index, round }),
    reset: stream => thread.call('cursors.reset', stream)
  }
}

function pendingOver(thread: StoreThread): PendingStore {
  return {
    put({ learner, predictionId, features, prediction, madeAt }) {
      // A copy of just these bytes: a message would carry all of the buffer that they are in.
      const own = new Uint8Array(features)
      return thread.call('pending.put', { learner, predictionId, features: own, prediction, madeAt })
    },
    get: (learner, predictionId, now) => thread.call('pending.get', learner, predictionId, now),
    remove: (learner, predictionId) => thread.call('pending.remove', learner, predictionId),
    count: learner => thread.call('pending.count', learner)
  }
}

function registryOver(thread: StoreThread): RegistryStore {
  return {
    async get(kind, name) {
      const row = await thread.call('registry.get', kind, name)
      return row && { kind, name, value: JSON.parse(row.text), revision: row.revision }
    },
    async list(kind) {
      const rows = await thread.call('registry.list', kind)
      return inOrderOfNames(rows.map(({ name, text, revision }) => ({ kind, name, value: JSON.parse(text), revision })))
    },
    async put({ kind, name, value }, expectedRevision) {
      const text = JSON.stringify(value)
      const revision = await thread.call('registry.put', { kind, name, text }, expectedRevision)
      return revision === undefined ? undefined : { kind, name, value: JSON.parse(text), revision }
    }
  }
}
