import { MillraceError } from '@millrace/common'
import type { ModelServer } from '../serving/model-server.ts'
import { notReady } from '../serving/serving-errors.ts'
import { weightedByAccuracy } from './accuracy-weights.ts'
import { weightsOf } from './allocation.ts'
import { armFaults } from './arm-faults.ts'
import { changedDraft, inOrderOf, voidingFaults, withWeightsOf } from './definition-change.ts'
import type { ExperimentBook, KeptExperiment } from './experiment-book.ts'
import {
  experimentExists,
  invalidExperiment,
  revisionConflict,
  unknownExperiment,
  wrongState
} from './experiment-errors.ts'
import type { Arm, ExperimentDefinition, ExperimentRecord } from './experiment.ts'
import type { ChangeOptions, ExperimentDraft, ExperimentView, PutOptions } from './experiments.ts'
import { readDefinition } from './read-definition.ts'
import { atRest, checkRemovable, type Done, newRecord, paused, redefined, started, stopped } from './record-changes.ts'

/** What {@link ExperimentService} is given. */
export interface ServiceDeps {
  readonly book: ExperimentBook
  /** Undefined until the models are there. */
  readonly models: () => ModelServer | undefined
  readonly now: () => number
}

/** Makes and changes experiments; see the calls of the same name of Experiments. Canaries are none of its business. */
export class ExperimentService {
  readonly #deps: ServiceDeps

  constructor(deps: ServiceDeps) {
    this.#deps = deps
  }

  list(): readonly ExperimentView[] {
    const experiments = [...this.#deps.book.all.values()].filter(({ record }) => record.canary === undefined)
    return experiments.map(viewOf).toSorted((a, b) => (a.definition.id < b.definition.id ? -1 : 1))
  }

  get(id: string): ExperimentView {
    return viewOf(this.#kept(id))
  }

  async create(draft: ExperimentDraft): Promise<ExperimentView> {
    const definition = this.#check(draft)
    return viewOf(await this.#deps.book.create(newRecord(this.#weighted(definition), 'draft', this.#done())))
  }

  change(
    id: string,
    change: Readonly<Record<string, unknown>>,
    revision?: number,
    { isNewPhase = false }: ChangeOptions = {}
  ): Promise<ExperimentView> {
    return this.#change(id, revision, record => this.#changed(record, change, isNewPhase))
  }

  async put(draft: ExperimentDraft, { isRunning, by, revision }: PutOptions): Promise<ExperimentView> {
    const definition = this.#check(draft)
    const { id } = definition
    const done = { ...this.#done(), by }
    const change = (record: ExperimentRecord): ExperimentRecord => this.#whole(record, definition, isRunning, done)
    if (revision !== undefined && revision > 0) return viewOf(await this.#deps.book.change(id, change, revision))
    const record = newRecord(this.#weighted(definition), isRunning ? 'running' : 'paused', done)
    try {
      return viewOf(await this.#deps.book.create(record))
    } catch (error) {
      if (!isExisting(error)) throw error
      if (revision === 0) throw revisionConflict(id, 0)
      return viewOf(await this.#deps.book.change(id, change))
    }
  }

  start(id: string, revision?: number): Promise<ExperimentView> {
    return this.#change(id, revision, record => {
      const { definition, state } = record
      if (state === 'running' || state === 'stopped') return started(record, definition, this.#done())
      const faults = armFaults(definition, this.#models(definition))
      if (faults.length > 0) throw invalidExperiment(faults)
      return started(record, this.#weighted(definition), this.#done())
    })
  }

  pause(id: string, revision?: number): Promise<ExperimentView> {
    return this.#change(id, revision, record => paused(record, this.#done()))
  }

  stop(id: string, revision?: number): Promise<ExperimentView> {
    return this.#change(id, revision, record => stopped(record, this.#done()))
  }

  /** @returns the record that was there */
  async remove(id: string, revision?: number): Promise<ExperimentRecord> {
    let { record } = this.#kept(id)
    const check = (present: ExperimentRecord): void => checkRemovable((record = present))
    await this.#deps.book.remove(id, check, revision)
    return record
  }

  async #change(
    id: string,
    revision: number | undefined,
    change: (record: ExperimentRecord) => ExperimentRecord
  ): Promise<ExperimentView> {
    const checked = (record: ExperimentRecord): ExperimentRecord => {
      if (record.canary !== undefined) throw unknownExperiment(id)
      return change(record)
    }
    return viewOf(await this.#deps.book.change(id, checked, revision))
  }

  /** Just this definition, running or at rest. */
  #whole(record: ExperimentRecord, definition: ExperimentDefinition, isRunning: boolean, done: Done): ExperimentRecord {
    const { id } = definition
    if (record.canary !== undefined) throw experimentExists(id)
    if (record.state === 'stopped') throw wrongState(id, stoppedForGood)
    const next = this.#next(record, definition, false)
    const isNewPhase = measures(record) && voidingFaults(record.definition, next).length > 0
    const anew = isNewPhase ? this.#next(record, definition, true) : next
    const changed = redefined(record, anew, { ...done, isNewPhase })
    return isRunning ? started(changed, anew, done) : atRest(changed, done)
  }

  /** What a definition comes to for an experiment that is there; as it is for one that measures nothing, or not any more. */
  #next(record: ExperimentRecord, definition: ExperimentDefinition, isAnew: boolean): ExperimentDefinition {
    if (isAnew || !measures(record)) return this.#weighted(definition)
    const ordered = inOrderOf(record.definition, definition)
    const kept = ordered.weighting === 'accuracy' ? withWeightsOf(record.definition, ordered) : ordered
    return kept === ordered ? this.#weighted(ordered) : kept
  }

  #changed(record: ExperimentRecord, change: Readonly<Record<string, unknown>>, isAnew: boolean): ExperimentRecord {
    const { id } = record.definition
    if (record.state === 'stopped') throw wrongState(id, stoppedForGood)
    // An arm that is gone must not stand in the way of giving its units to others.
    const known = measures(record) ? record.definition.arms : []
    const definition = this.#check(changedDraft(record.definition, change), known)
    if (definition.id !== id) throw invalidExperiment([{ place: ['id'], message: 'id cannot be changed' }])
    const isNewPhase = isAnew && measures(record)
    const next = this.#next(record, definition, isNewPhase)
    const faults = isNewPhase || !measures(record) ? [] : voidingFaults(record.definition, next)
    if (faults.length > 0) throw invalidExperiment(faults)
    return redefined(record, next, { ...this.#done(), isNewPhase })
  }

  /**
   * @param known arms that are taken as they are
   * @throws {MillraceError} MILL_EXPERIMENT_INVALID with every fault
   */
  #check(draft: unknown, known: readonly Arm[] = []): ExperimentDefinition {
    const { definition, faults } = readDefinition(draft)
    const all = [...faults, ...armFaults(definition, this.#models(definition), known)]
    if (all.length > 0) throw invalidExperiment(all)
    return definition
  }

  #weighted(definition: ExperimentDefinition): ExperimentDefinition {
    if (definition.weighting !== 'accuracy') return definition
    return { ...definition, arms: weightedByAccuracy(definition.arms, this.#models(definition)) }
  }

  #models({ model }: { model: string }): ModelServer {
    const models = this.#deps.models()
    if (models === undefined) throw notReady({ model }, 'the server starts')
    return models
  }

  #kept(id: string): KeptExperiment {
    const kept = this.#deps.book.all.get(id)
    if (kept === undefined || kept.record.canary !== undefined) throw unknownExperiment(id)
    return kept
  }

  #done(): { at: number } {
    return { at: this.#deps.now() }
  }
}

const stoppedForGood = 'was stopped for good'

/** Whether numbers were gathered that a change could void. */
function measures({ state }: ExperimentRecord): boolean {
  return state !== 'draft'
}

function isExisting(error: unknown): boolean {
  return error instanceof MillraceError && error.code === 'MILL_EXPERIMENT_EXISTS'
}

function viewOf({ record, revision }: KeptExperiment): ExperimentView {
  const { startedAt, stoppedAt, allocation, definition } = record
  return { ...record, startedAt, stoppedAt, revision, weights: weightsOf(allocation, definition.arms.length) }
}
