import type { ExperimentRecord } from './experiment.ts'

/** A record with the revision that it has in the registry. */
export interface KeptExperiment {
  readonly record: ExperimentRecord
  readonly revision: number
}

/**
 * The records of all experiments and canaries, as the registry has them: the one place where they change. A change is
 * made on what is there now, is durable when it resolves, and decides about requests from then on, in other processes as
 * soon as they hear of it.
 */
export interface ExperimentBook {
  /** By id, experiments and canaries alike. */
  readonly all: ReadonlyMap<string, KeptExperiment>
  /**
   * The phase is another one than given where an experiment of this id was removed. New entries of a history have the
   * revision 0, here as in `change`; the one that they led to is put there.
   * @throws {MillraceError} MILL_EXPERIMENT_EXISTS or MILL_STORE_FAILED, nothing changed
   */
  create(record: ExperimentRecord): Promise<KeptExperiment>
  /**
   * Change a record. `change` may be called again when another process was faster, throws to leave all as it is, and gives
   * the same record back where there is nothing to do: then nothing is written.
   * @param revision that it must have now
   * @throws {MillraceError} MILL_EXPERIMENT_NOT_FOUND, MILL_REVISION_CONFLICT, MILL_STORE_FAILED, MILL_EXPERIMENT_STATE for
   *   one that another version of the program wrote, or what `change` threw
   */
  change(id: string, change: (record: ExperimentRecord) => ExperimentRecord, revision?: number): Promise<KeptExperiment>
  /** Throws as `change` does. @param check throws to leave all as it is */
  remove(id: string, check?: (record: ExperimentRecord) => void, revision?: number): Promise<void>
  /** Hear of every change, wherever it was made; the returned function ends that. */
  onChange(listener: (id: string) => void): () => void
  /** Read again what other processes have changed; includes what was changed before the call. */
  refresh(): Promise<void>
}
