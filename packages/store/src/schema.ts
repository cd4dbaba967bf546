import type { DatabaseSync } from 'node:sqlite'
import { storeFailed } from './database-errors.ts'

/** What a file of Millrace holds. */
export interface Schema {
  /** Name of the file. */
  readonly fileName: string
  /** Marks the file in its header as one of this kind. */
  readonly applicationId: number
  /**
   * The steps from each version of the schema to the next; a file at version n has taken the first n. Steps that were
   * released are never edited: a change is a new step at the end.
   */
  readonly steps: readonly string[]
}

/** Series, cursors and the registry. */
export const stateSchema: Schema = {
  fileName: 'millrace.db',
  applicationId: 0x4d696c6c, // "Mill" in ASCII
  steps: [
    // `lags`: the values as little-endian float64, newest first. `change`: the larger, the later the series changed.
    `CREATE TABLE series (
       series_id ANY NOT NULL PRIMARY KEY,
       change INTEGER NOT NULL,
       lags BLOB NOT NULL CHECK (length(lags) > 0 AND length(lags) % 8 = 0)
     ) STRICT;
     CREATE UNIQUE INDEX series_by_change ON series (change);
     CREATE TABLE cursors (
       stream ANY NOT NULL PRIMARY KEY,
       position INTEGER NOT NULL
     ) STRICT`,
    // A series gets a number of its own, which a VACUUM does not change as it changes rowids. `redis_count`: how many
    // pushes Redis had counted when the series was last seen there. `pushed`: the value and what it found, as in `lags`.
    `CREATE TABLE numbered_series (
       series INTEGER PRIMARY KEY,
       series_id ANY NOT NULL UNIQUE,
       change INTEGER NOT NULL,
       lags BLOB NOT NULL CHECK (length(lags) > 0 AND length(lags) % 8 = 0),
       redis_count INTEGER NOT NULL DEFAULT 0
     ) STRICT;
     INSERT INTO numbered_series (series_id, change, lags) SELECT series_id, change, lags FROM series ORDER BY change;
     DROP TABLE series;
     ALTER TABLE numbered_series RENAME TO series;
     CREATE UNIQUE INDEX series_by_change ON series (change);
     CREATE TABLE observations (
       series INTEGER NOT NULL,
       number INTEGER NOT NULL,
       observation_id ANY NOT NULL,
       pushed BLOB NOT NULL CHECK (length(pushed) > 0 AND length(pushed) % 8 = 0),
       PRIMARY KEY (series, number)
     ) STRICT, WITHOUT ROWID;
     CREATE UNIQUE INDEX observations_by_id ON observations (series, observation_id);
     ALTER TABLE cursors ADD COLUMN round INTEGER NOT NULL DEFAULT 0;
     CREATE TABLE outbox (
       place INTEGER PRIMARY KEY AUTOINCREMENT,
       series INTEGER NOT NULL,
       value BLOB NOT NULL CHECK (length(value) = 8),
       keep INTEGER NOT NULL,
       operation_id ANY NOT NULL,
       earlier BLOB NOT NULL CHECK (length(earlier) % 8 = 0)
     ) STRICT;
     CREATE INDEX outbox_by_series ON outbox (series);
     CREATE TABLE registry (
       kind ANY NOT NULL,
       name ANY NOT NULL,
       value TEXT NOT NULL,
       revision INTEGER NOT NULL,
       PRIMARY KEY (kind, name)
     ) STRICT, WITHOUT ROWID`
  ]
}

/** Predictions that wait for their labels. */
export const pendingSchema: Schema = {
  fileName: 'pending.db',
  applicationId: 0x4d696c50, // "MilP" in ASCII
  steps: [
    // `kept_from`: where the time to live begins, which is when the prediction was made unless the clock was set back.
    // `prediction`: a little-endian float64, since a REAL loses the sign of -0.
    `CREATE TABLE learners (
       learner INTEGER PRIMARY KEY,
       name ANY NOT NULL UNIQUE,
       kept INTEGER NOT NULL
     ) STRICT;
     CREATE TABLE predictions (
       learner INTEGER NOT NULL,
       number INTEGER NOT NULL,
       prediction_id ANY NOT NULL UNIQUE,
       features BLOB NOT NULL,
       prediction BLOB NOT NULL CHECK (length(prediction) = 8),
       made_at REAL NOT NULL,
       kept_from REAL NOT NULL,
       PRIMARY KEY (learner, number)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX predictions_by_time ON predictions (kept_from)`
  ]
}

/**
 * Bring the schema to the newest version. To be called inside a transaction that holds the write lock, so that of
 * several processes that open a file at once, one takes the steps and the others find them taken.
 * @throws {MillraceError} MILL_STORE_FAILED when the file is another program's or of a newer Millrace
 */
export function migrate(
  connection: DatabaseSync,
  path: string,
  { applicationId, steps }: Pick<Schema, 'applicationId' | 'steps'>
): void {
  const version = pragma(connection, 'user_version')
  const isEmpty = connection.prepare('SELECT 1 FROM sqlite_schema').get() === undefined
  const isOurs = pragma(connection, 'application_id') === applicationId
  if (!isOurs && !(isEmpty && version === 0)) throw storeFailed(path, 'belongs to another program; choose another path')
  if (version > steps.length) {
    throw storeFailed(
      path,
      `has schema version ${version}, this Millrace knows up to ${steps.length}; use the newer Millrace that wrote it`
    )
  }
  if (isOurs && version === steps.length) return
  for (const step of steps.slice(version)) connection.exec(step)
  connection.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${steps.length}`)
}

function pragma(connection: DatabaseSync, name: 'user_version' | 'application_id'): number {
  return Number(connection.prepare(`PRAGMA ${name}`).get()?.[name])
}
