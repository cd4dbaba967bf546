import type { Counted } from './counted.ts'
import { type Exposed, type ExperimentLimits, ExperimentState } from './experiment-state.ts'
import type { OutcomeFact } from './outcome-fact.ts'
import { WaitingOutcomes } from './waiting-outcomes.ts'

/** How much is remembered. */
export interface StateLimits extends ExperimentLimits {
  /** The latest outcomes, for units and requests that are heard of later than they. */
  waitingOutcomes: number
}

/**
 * What all processes together know of all experiments: the same facts, in any order and as often as they like to come,
 * make the same state. Only what is counted must come once from each run of a process.
 */
export class LedgerState {
  readonly experiments = new Map<string, ExperimentState>()
  readonly waiting: WaitingOutcomes
  /** Experiments that were forgotten, and when. */
  readonly forgotten = new Map<string, number>()
  /** Grows whenever an experiment is forgotten or begun, so that its state is another from then on. */
  revision = 0
  /** The last record of each run of a process that is in here. */
  readonly heads = new Map<string, number>()
  readonly #limits: StateLimits

  constructor(limits: StateLimits) {
    this.#limits = limits
    this.waiting = new WaitingOutcomes(limits.waitingOutcomes)
  }

  get memoryBytes(): number {
    let bytes = this.waiting.memoryBytes
    for (const experiment of this.experiments.values()) bytes += experiment.memoryBytes
    return bytes
  }

  /** The state of an experiment; undefined when it was forgotten after `time`. */
  at(id: string, time: number): ExperimentState | undefined {
    const known = this.experiments.get(id)
    const forgottenAt = this.forgotten.get(id)
    if (forgottenAt !== undefined && time <= forgottenAt) return undefined
    return known ?? this.#begin(id, time)
  }

  /** What is known of an experiment, for a look at it: one that nothing was heard of does not begin by that. */
  known(id: string): ExperimentState {
    return this.experiments.get(id) ?? new ExperimentState(this.#limits, -Infinity)
  }

  /** A unit was served by an arm. */
  expose(
    id: string,
    first: number,
    second: number,
    arm: number,
    isOwnRequest: boolean,
    time: number
  ): Exposed | undefined {
    const experiment = this.at(id, time)
    return experiment && this.exposed(id, first, second, experiment.expose(first, second, arm, isOwnRequest, time))
  }

  /** A unit was exposed: count what waits for it. @returns what the exposure changed */
  exposed(id: string, first: number, second: number, exposed: Exposed): Exposed {
    if ((exposed === 'new' || exposed === 'changed') && this.waiting.mayHave(first)) this.joinWaiting(id, first, second)
    return exposed
  }

  /** Count what was told of a unit that has become known. */
  joinWaiting(id: string, first: number, second: number): void {
    const unit = { first, second }
    for (const fact of [...this.waiting.ofUnit(unit), ...this.waiting.ofRequest(unit)]) this.#join(id, fact)
  }

  /** Something was told of a unit or a request. */
  tell(fact: OutcomeFact): void {
    const { experiment, id } = fact
    if (experiment !== undefined && fact.time <= (this.forgotten.get(experiment) ?? -Infinity)) return
    if (fact.passingArm >= 0) return this.#tellOfPassing(experiment!, fact)
    this.waiting.add(fact)
    for (const name of experiment === undefined ? this.experiments.keys() : [experiment]) {
      this.#join(name, fact)
      // Whoever knew the request may have explained it before it came.
      if (this.experiments.get(name)?.remembered(fact) !== undefined) this.waiting.known(name, id)
    }
  }

  count(id: string, run: string, counted: Counted, time: number): void {
    const experiment = this.at(id, time)
    if (experiment === undefined) return
    experiment.countedBy(run).add(counted)
    if (time > experiment.updatedAt) experiment.updatedAt = time
  }

  /** Count what waits and has become known: after what is known was taken over. */
  joinAll(): void {
    for (const fact of this.waiting.facts()) for (const id of this.experiments.keys()) this.#join(id, fact)
  }

  /** Forget an experiment with all that was said of it until then. */
  forget(id: string, time: number): void {
    this.forgotten.set(id, Math.max(time, this.forgotten.get(id) ?? time))
    this.waiting.forget(id, time)
    const known = this.experiments.get(id)
    if (known !== undefined && known.createdAt <= time) this.experiments.delete(id)
    this.revision++
  }

  #begin(id: string, time: number): ExperimentState {
    const experiment = new ExperimentState(this.#limits, time)
    this.experiments.set(id, experiment)
    this.revision++
    return experiment
  }

  #tellOfPassing(experiment: string, fact: OutcomeFact): void {
    const applied = this.at(experiment, fact.time)?.apply(fact) ?? 'unknown'
    if (applied !== 'unknown') this.waiting.known(experiment, fact.id)
  }

  /** Count an outcome for an experiment that knows its unit, or its request as a unit. */
  #join(id: string, fact: OutcomeFact): void {
    if (fact.experiment !== undefined && fact.experiment !== id) return
    const experiment = this.experiments.get(id)
    if (experiment === undefined || fact.label !== undefined) return
    const isOfUnit = fact.unit.first !== 0
    const unit = isOfUnit ? fact.unit : fact.request
    // What is said of a request alone is said of the unit whose id is the request's.
    if (!isOfUnit && experiment.unit(unit.first, unit.second)?.isOwnRequest !== true) return
    const applied = experiment.apply(isOfUnit ? fact : { ...fact, unit })
    if (applied !== 'unknown') this.waiting.known(id, fact.id)
  }
}
