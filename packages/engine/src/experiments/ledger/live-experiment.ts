import { isDeepStrictEqual } from 'node:util'
import { addLatency, place } from './arm-counts.ts'
import { Counted } from './counted.ts'
import type { ExperimentState } from './experiment-state.ts'
import type { ExperimentLedger, ExperimentTally, ServedRequest } from './ledger.ts'
import type { LedgerState } from './ledger-state.ts'
import type { HashPair, Said } from './outcome-fact.ts'
import { MetUnits } from './met-units.ts'
import { requestMarks } from './request-window.ts'
import { saidOf } from './said.ts'
import { TextHash } from './text-hash.ts'

/** What an experiment has of its ledger, and whom it tells. */
export interface LiveHouse {
  readonly state: LedgerState
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Counts that are on their way to the journal. */
  readonly onTheirWay: (id: string) => readonly Counted[]
  /** A unit came for the first time, or to another arm than before. */
  exposed(experiment: LiveExperiment, first: number, second: number, arm: number, own: boolean, time: number): void
  /** Something was counted, which can be handed over at leisure. Called for every request. */
  counted(): void
  /** A unit came, which is to be settled at the end of the turn or soon after. Called for nearly every request. */
  met(): void
  /** A request is to be remembered: hashes of it and of its unit, see RequestWindow. */
  requested(request: HashPair, unit: HashPair, marks: number, value: number, time: number): void
  /** Number of an experiment in the window of requests. */
  readonly numberOf: (id: string) => number
}

/** Units that are looked up together at most. */
const mostMet = 2048

/** Counts what is served of one experiment. */
export class LiveExperiment implements ExperimentLedger {
  readonly id: string
  readonly #house: LiveHouse
  readonly #number: number
  readonly #unit = new TextHash()
  readonly #request = new TextHash()
  readonly #text = new TextHash()
  #shape: { arms: number; metrics: ReadonlyMap<string, string> }
  #hasLabels = false
  #hasNews = false
  readonly #met = new MetUnits(mostMet)
  /** The state as of a revision of the whole. */
  #known: ExperimentState | undefined
  #revision = -1
  /** What was counted and is not handed over yet. */
  #live = new Counted()

  constructor(id: string, house: LiveHouse) {
    this.id = id
    this.#house = house
    this.#number = house.numberOf(id)
    this.#shape = { arms: 0, metrics: new Map() }
  }

  /** Kinds of metrics by name. */
  get metrics(): ReadonlyMap<string, string> {
    return this.#shape.metrics
  }

  /** Whether units came for the first time since counts were handed over: the two are to be written together. */
  get hasNews(): boolean {
    return this.#hasNews
  }

  /** @returns whether anything is other than before */
  reshape(shape: { arms: number; metrics: ReadonlyMap<string, string> }): boolean {
    if (isDeepStrictEqual(shape, this.#shape)) return false
    this.#shape = { arms: shape.arms, metrics: new Map(shape.metrics) }
    this.#hasLabels = [...shape.metrics.values()].some(kind => kind === 'accuracy' || kind === 'error')
    this.#live.arm(shape.arms - 1)
    return true
  }

  armOf(unit: string): number | undefined {
    const { first, second } = this.#unit.of(unit)
    // A unit that is known came to its arm before it came to what is not looked up yet.
    let arm = this.#state()?.armOf(first, second) ?? -1
    if (arm === -1 && this.#met.mayHave(first)) {
      this.settle()
      arm = this.#state()?.armOf(first, second) ?? -1
    }
    return arm === -1 ? undefined : arm
  }

  served(request: ServedRequest): void {
    const counts = this.#live.arm(request.arm)
    if (request.isFallback) counts[place.fallbacks]! += 1
    else {
      counts[place.requests]! += 1
      if (request.isCached) counts[place.cached]! += 1
      else addLatency(counts, request.durationMs)
    }
    if (!request.isOverride) this.#meet(request)
    this.#house.counted()
  }

  failed(arm: number, _durationMs: number): void {
    this.#live.arm(arm)[place.failures]! += 1
    this.#house.counted()
  }

  /** An outcome came again. */
  repeated(): void {
    this.#live.repeated += 1
    this.#house.counted()
  }

  /** Hand over what was counted. */
  take(): Counted | undefined {
    const taken = this.#live
    if (taken.isZero) return undefined
    this.#live = new Counted()
    this.#live.arm(this.#shape.arms - 1)
    this.#hasNews = false
    return taken
  }

  /** Take back what was handed over in vain. */
  giveBack(counted: Counted): void {
    this.#live.add(counted)
  }

  /** Look up the units that were served since the last time, and tell of those that are new. */
  settle(): void {
    if (this.#met.isEmpty) return
    const known = this.#state()
    if (known !== undefined) this.#met.approach(known.units)
    this.#met.drain((first, second, arm, isOwnRequest, time) => this.#expose(first, second, arm, isOwnRequest, time))
  }

  tally(): ExperimentTally {
    this.settle()
    const { state, now, onTheirWay } = this.#house
    const unknown = [...this.#shape.metrics.keys()].reduce(
      (sum, metric) => sum + state.waiting.unknown(this.id, metric),
      0
    )
    const tally = state.known(this.id).tally(this.#shape, [this.#live, ...onTheirWay(this.id)], unknown)
    return this.#live.isZero ? tally : { ...tally, updatedAt: now() }
  }

  /** Remember who was served, and by which request if somebody may ask by it. */
  #meet(request: ServedRequest): void {
    const { requestId, isGiven, arm } = request
    const unit = this.#unit.of(request.unit)
    const isOwnRequest = requestId === request.unit
    const { time = this.#house.now() } = request
    if (isGiven) {
      if (this.#met.isFull) this.settle()
      this.#met.add(unit.first, unit.second, arm, isOwnRequest, time)
    } else {
      this.#live.arm(arm)[place.passing]! += 1
      this.#hasNews = true
    }
    this.#house.met()
    // Who asks by this request asks by a unit that is known, unless it is about the prediction.
    if (isGiven && isOwnRequest && !this.#hasLabels) return
    const said = this.#said(request.prediction)
    const marks = requestMarks(this.#number, arm, !isGiven, said)
    this.#house.requested(isOwnRequest ? unit : this.#request.of(requestId), unit, marks, said?.value ?? 0, time)
  }

  #expose(first: number, second: number, arm: number, isOwnRequest: boolean, time: number): void {
    const { state } = this.#house
    const known = this.#state()
    // One that began later may have been forgotten in between.
    const exposed =
      known === undefined || time < known.createdAt
        ? state.expose(this.id, first, second, arm, isOwnRequest, time)
        : state.exposed(this.id, first, second, known.expose(first, second, arm, isOwnRequest, time))
    if (exposed === 'new' || exposed === 'changed') {
      this.#hasNews = true
      this.#house.exposed(this, first, second, arm, isOwnRequest, time)
    } else if (exposed === 'no room') this.#live.forgotten += 1
  }

  /** The state of this experiment, once there is any. */
  #state(): ExperimentState | undefined {
    const { state } = this.#house
    if (this.#revision !== state.revision) {
      this.#revision = state.revision
      this.#known = state.experiments.get(this.id)
    }
    return this.#known
  }

  #said(prediction: number | string | undefined): Said | undefined {
    return prediction === undefined || !this.#hasLabels ? undefined : saidOf(prediction, this.#text)
  }
}
