import type { ModelServer } from '../serving/model-server.ts'
import type { Traffic } from '../serving/traffic.ts'
import type { ExperimentRecord } from './experiment.ts'
import type { Outcome, ExperimentTally } from './ledger/ledger.ts'
import type { ExperimentResults } from './statistics/results.ts'
import type { Shadows } from './shadow/shadow.ts'

/** A fault of what somebody wants to configure. */
export interface DefinitionFault {
  /** Where, such as `['arms', 1, 'version']`. */
  readonly place: readonly (string | number)[]
  /** What is wrong, with the value. */
  readonly message: string
}

/** What may be left out of a definition has a default; see ExperimentDefinition. */
export type ExperimentDraft = { readonly id: string; readonly model: string } & Readonly<Record<string, unknown>>

/** An experiment as it stands. */
export interface ExperimentView extends ExperimentRecord {
  readonly revision: number
  /** Shares of arms at present, by the index of the arm. */
  readonly weights: readonly number[]
}

/** What became of feedback. */
export interface FeedbackReceipt {
  readonly experiment: string
  readonly arm: string
  readonly metric: string
  readonly value: number
  readonly isRepeat: boolean
}

/** What a unit would get of an experiment, were it running; asking changes nothing. */
export interface UnitAssignment {
  readonly unit: string
  /** Which of the 10,000 buckets the unit falls into. */
  readonly bucket: number
  /** Name of the arm; null for a unit that takes no part, and where every request is drawn anew. */
  readonly arm: string | null
  /** Chance with which a unit comes to that arm; 1 for one that is on the list; null without an arm. */
  readonly probability: number | null
  /**
   * On the list (`override`), served by this arm before it lost the bucket (`sticky`), by its bucket (`experiment`), by
   * chance at every request (`drawn`), or a bucket that no arm has (`not_covered`).
   */
  readonly reason: 'override' | 'sticky' | 'experiment' | 'drawn' | 'not_covered'
}

/** How {@link Experiments.put} leaves an experiment. */
export interface PutOptions {
  readonly isRunning: boolean
  /** Who did it, for the history: `details.by`. */
  readonly by: string
  /** Revision that it must have now, 0 for one that must not exist yet; whichever unless given. */
  readonly revision?: number | undefined
}

/** How {@link Experiments.change} changes an experiment. */
export interface ChangeOptions {
  /** Begin another phase, with nothing measured: then everything but the id may be changed. Of a draft it says nothing. */
  readonly isNewPhase?: boolean | undefined
}

/**
 * Experiments, canaries and shadows of a model server. A change is whole or not at all, durable when it resolves, and
 * taken over by all processes. Whoever gives the revision that they know changes that one only, and else gets
 * MILL_REVISION_CONFLICT.
 */
export interface Experiments {
  /** What the model server asks about every request. */
  readonly traffic: Traffic
  /** Look after what runs from now on: adapt weights, step canaries. Call once the models are there. */
  attach(models: ModelServer): Promise<void>
  /** In the order of their ids; canaries are not among them. */
  list(): readonly ExperimentView[]
  /** @throws {MillraceError} MILL_EXPERIMENT_NOT_FOUND */
  get(id: string): ExperimentView
  /**
   * A new experiment, a draft until it is started.
   * @throws {MillraceError} MILL_EXPERIMENT_INVALID with `details.faults`, every DefinitionFault; MILL_EXPERIMENT_EXISTS
   */
  create(draft: ExperimentDraft): Promise<ExperimentView>
  /**
   * Change what is given and nothing else. Of one that runs or is paused: weights, coverage, overrides, arms that are added,
   * description, metrics that are added, bandit; the others would void what was measured, and need a new phase.
   * @throws {MillraceError} MILL_EXPERIMENT_INVALID, MILL_EXPERIMENT_NOT_FOUND, MILL_EXPERIMENT_STATE for one that is
   *   stopped
   */
  change(
    id: string,
    change: Readonly<Record<string, unknown>>,
    revision?: number,
    options?: ChangeOptions
  ): Promise<ExperimentView>
  /**
   * Let an experiment be just this from now on, running or paused, whatever it was before: one change. There need be none
   * yet. Where old and new numbers cannot be compared a new phase begins. Nothing is written where it is so already.
   * @throws {MillraceError} MILL_EXPERIMENT_INVALID, MILL_EXPERIMENT_STATE for one that is stopped, MILL_STORE_FAILED,
   *   MILL_REVISION_CONFLICT
   */
  put(draft: ExperimentDraft, options: PutOptions): Promise<ExperimentView>
  /** @throws {MillraceError} MILL_EXPERIMENT_STATE for one that is stopped; MILL_EXPERIMENT_INVALID when an arm is gone */
  start(id: string, revision?: number): Promise<ExperimentView>
  /** Requests go by the alias until it is started again; what was measured stays. */
  pause(id: string, revision?: number): Promise<ExperimentView>
  /** For good; results stay. */
  stop(id: string, revision?: number): Promise<ExperimentView>
  /** Forget a draft or a stopped one, with all that was measured. @throws {MillraceError} MILL_EXPERIMENT_STATE */
  remove(id: string, revision?: number): Promise<void>
  /** @param unit 1 to 256 characters @throws {MillraceError} MILL_EXPERIMENT_NOT_FOUND */
  assignment(id: string, unit: string): UnitAssignment | Promise<UnitAssignment>
  tally(id: string): ExperimentTally
  results(id: string): Promise<ExperimentResults>
  readonly canaries: Canaries
  readonly shadows: Shadows
  /**
   * Count an outcome in every experiment and canary that it belongs to.
   * @throws {MillraceError} MILL_ID_CONFLICT, MILL_STORE_FAILED
   */
  feedback(outcome: Outcome): Promise<readonly FeedbackReceipt[]>
  /** Take over what other processes decided. */
  refresh(): Promise<void>
  close(): Promise<void>
}

/** A canary as it stands, with the numbers. */
export interface CanaryView {
  readonly id: string
  readonly record: ExperimentRecord
  readonly revision: number
  /** What each guard says when this is read, which costs about 0.1 ms. */
  readonly checks: readonly CanaryCheck[]
}

/** What a guard says. */
export interface CanaryCheck {
  readonly measure: string
  readonly canary: number | null
  readonly control: number | null
  /** How much worse the canary is; negative when it is better. */
  readonly harm: number | null
  /** Within which harm lies, whenever one looks, but for a chance of alpha. */
  readonly interval: readonly [low: number, high: number] | null
  readonly tolerance: number
  readonly says: 'breach' | 'pass' | 'unsure' | 'no data'
}

/** Rollouts of candidates, step by step. */
export interface Canaries {
  list(): readonly CanaryView[]
  /** @throws {MillraceError} MILL_EXPERIMENT_NOT_FOUND */
  get(id: string): CanaryView
  /** Begins at once. @throws {MillraceError} MILL_EXPERIMENT_INVALID, MILL_EXPERIMENT_EXISTS */
  start(plan: Readonly<Record<string, unknown>>): Promise<CanaryView>
  /** Keeps the share of traffic as it is until it is resumed; a breach still rolls back. */
  freeze(id: string): Promise<CanaryView>
  resume(id: string): Promise<CanaryView>
  /** By hand, whatever the numbers say. */
  promote(id: string): Promise<CanaryView>
  rollBack(id: string, reason?: string): Promise<CanaryView>
  remove(id: string): Promise<void>
}
