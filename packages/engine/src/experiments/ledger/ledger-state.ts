import type { Counted } from './counted.ts'
import { type Exposed, type ExperimentLimits, ExperimentState } from './experiment-state.ts'
import type { OutcomeFact } from './outcome-fact.ts'
import { type WaitingOutcome, WaitingOutcomes } from './waiting-outcomes.ts'

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
    if (experiment === undefined) return undefined
    const exposed = experiment.expose(first, second, arm, isOwnRequest, time)
    if ((exposed === 'new' || exposed === 'changed') && this.waiting.mayHave(first)) this.joinWaiting(id, first, second)
    return exposed
  }

  /** Count what was told of a unit that has become known. */
  joinWaiting(id: string, first: number, second: number): void {
    const unit = { first, second }
    for (const outcome of [...this.waiting.ofUnit(unit), ...this.waiting.ofRequest(unit)]) this.#join(id, outcome)
  }

  /** Something was told of a unit or a request. @returns whether somebody counts it */
  tell(fact: OutcomeFact): boolean {
    if (fact.experiment !== undefined && fact.time <= (this.forgotten.get(fact.experiment) ?? -Infinity)) return false
    if (fact.passingArm >= 0) return this.#tellOfPassing(fact)
    const kept = this.waiting.add(fact)
    // A twin that is not kept counts, or not, by the rule for those.
    const outcome = kept.fact === fact ? kept : { fact, isKnown: false }
    for (const id of fact.experiment === undefined ? this.experiments.keys() : [fact.experiment]) {
      this.#join(id, outcome)
    }
    if (outcome.isKnown) this.#settle(fact)
    return outcome.isKnown
  }

  count(id: string, run: string, counted: Counted, time: number): void {
    const experiment = this.at(id, time)
    if (experiment === undefined) return
    experiment.countedBy(run).add(counted)
    if (time > experiment.updatedAt) experiment.updatedAt = time
  }

  /** Forget an experiment with all that was said of it until then. */
  forget(id: string, time: number): void {
    this.forgotten.set(id, Math.max(time, this.forgotten.get(id) ?? time))
    this.waiting.forget(id, time)
    const known = this.experiments.get(id)
    if (known !== undefined && known.createdAt <= time) this.experiments.delete(id)
  }

  #begin(id: string, time: number): ExperimentState {
    const experiment = new ExperimentState(this.#limits, time)
    this.experiments.set(id, experiment)
    return experiment
  }

  #tellOfPassing(fact: OutcomeFact): boolean {
    const applied = this.at(fact.experiment!, fact.time)?.apply(fact)
    if (applied !== undefined && applied !== 'unknown') this.#settle(fact)
    return applied === 'counted'
  }

  /** What was told of the request, under the same id, waits no longer. */
  #settle({ experiment, id }: OutcomeFact): void {
    for (const named of [experiment, undefined]) {
      const outcome = this.waiting.get(named, id)
      if (outcome !== undefined) this.waiting.known(outcome)
    }
  }

  /** Count an outcome for an experiment that knows its unit, or its request as a unit. */
  #join(id: string, outcome: WaitingOutcome): void {
    const { fact } = outcome
    if (fact.experiment !== undefined && fact.experiment !== id) return
    const experiment = this.experiments.get(id)
    if (experiment === undefined || fact.label !== undefined) return
    let applied = fact.unit.first === 0 ? 'unknown' : experiment.apply(fact)
    if (applied === 'unknown' && fact.request.first !== 0) {
      const unit = experiment.unit(fact.request.first, fact.request.second)
      if (unit?.isOwnRequest === true) applied = experiment.apply({ ...fact, unit: fact.request })
    }
    if (applied !== 'unknown') this.waiting.known(outcome)
  }
}
