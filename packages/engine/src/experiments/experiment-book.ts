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
  /** @throws {MillraceError} MILL_EXPERIMENT_EXISTS or MILL_STORE_FAILED, nothing changed */
  create(record: ExperimentRecord): Promise<KeptExperiment>
  /**
   * Change a record. `change` may be called again when another process was faster, and throws to leave all as it is.
   * @throws {MillraceError} MILL_EXPERIMENT_NOT_FOUND, MILL_STORE_FAILED, or what `change` threw
   */
  change(id: string, change: (record: ExperimentRecord) => ExperimentRecord): Promise<KeptExperiment>
  /** @throws {MillraceError} MILL_EXPERIMENT_NOT_FOUND or MILL_STORE_FAILED */
  remove(id: string): Promise<void>
  /** Hear of every change, wherever it was made; the returned function ends that. */
  onChange(listener: (id: string) => void): () => void
  /** Read again what other processes have changed. */
  refresh(): Promise<void>
}
