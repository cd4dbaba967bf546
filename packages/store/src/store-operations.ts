import type { Database } from './database.ts'
import type { PendingLimits } from './pending-store.ts'
import { sqliteCursors } from './sqlite-cursors.ts'
import { sqliteMirror } from './sqlite-mirror.ts'
import { sqliteObservationIds } from './sqlite-observation-ids.ts'
import { sqlitePending } from './sqlite-pending.ts'
import { sqliteRegistry } from './sqlite-registry.ts'
import { sqliteSeries } from './sqlite-series.ts'

/** Something to be done with a database; what it takes and gives must be what a message between threads can carry. */
export interface StoreOperation<Parameters extends unknown[] = never[], Result = unknown> {
  isWrite: boolean
  run(...args: Parameters): Result
}

/** What can be done with `millrace.db`, by name. */
export type StateOperations = ReturnType<typeof stateOperations>
/** What can be done with `pending.db`, by name. */
export type PendingOperations = ReturnType<typeof pendingOperations>

function reads<Parameters extends unknown[], Result>(
  run: (...args: Parameters) => Result
): StoreOperation<Parameters, Result> {
  return { isWrite: false, run }
}

function writes<Parameters extends unknown[], Result>(
  run: (...args: Parameters) => Result
): StoreOperation<Parameters, Result> {
  return { isWrite: true, run }
}

/** The operations over `millrace.db`. @param options `idsRemembered` integer >= 1, for each series */
export function stateOperations(database: Database, { idsRemembered }: { idsRemembered: number }) {
  const ids = sqliteObservationIds(database, idsRemembered)
  const series = sqliteSeries(database, ids)
  const mirror = sqliteMirror(database, series, ids)
  const cursors = sqliteCursors(database)
  const registry = sqliteRegistry(database)
  return {
    'series.push': writes(series.push),
    'series.read': reads(series.read),
    'series.list': reads(series.list),
    'mirror.put': writes(mirror.put),
    'mirror.get': reads(mirror.get),
    'mirror.page': reads(mirror.page),
    'mirror.ids': reads(mirror.ids),
    'mirror.forgetCounts': writes(mirror.forgetCounts),
    'mirror.pushWhileAway': writes(mirror.pushWhileAway),
    'mirror.outbox': reads(mirror.outbox),
    'mirror.settle': writes(mirror.settle),
    'mirror.outboxSize': reads(mirror.outboxSize),
    'cursors.position': reads(cursors.position),
    'cursors.advance': writes(cursors.advance),
    'cursors.commit': writes(cursors.commit),
    'cursors.reset': writes(cursors.reset),
    'registry.get': reads(registry.get),
    'registry.list': reads(registry.list),
    'registry.put': writes(registry.put)
  }
}

/** The operations over `pending.db`. @param options `now` is the time, in milliseconds since 1970 */
export function pendingOperations(database: Database, { now, ...limits }: PendingLimits & { now: number }) {
  const pending = sqlitePending(database, limits)
  database.write(() => pending.noneNewerThan(now))
  return {
    'pending.put': writes(pending.put),
    'pending.get': reads(pending.get),
    'pending.remove': writes(pending.remove),
    'pending.count': reads(pending.count)
  }
}
