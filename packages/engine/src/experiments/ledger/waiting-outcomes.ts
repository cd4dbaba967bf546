import type { HashPair, OutcomeFact } from './outcome-fact.ts'
import { keyOf } from './text-hash.ts'

/** An outcome, and whether any experiment counts it. */
export interface WaitingOutcome {
  readonly fact: OutcomeFact
  isKnown: boolean
}

/**
 * The latest outcomes that were told, for units and requests that are heard of later than what came of them, as other
 * processes may serve them. At most a given number; the oldest give way. Some 400 bytes each.
 */
export class WaitingOutcomes {
  readonly #limit: number
  /** By id and experiment, oldest first. */
  readonly #outcomes = new Map<string, WaitingOutcome>()
  readonly #byUnit = new Map<number, WaitingOutcome[]>()
  readonly #byRequest = new Map<number, WaitingOutcome[]>()
  /** How many have a unit or request whose hash ends like this: most of those that are looked for are found missing here. */
  readonly #filter = new Uint16Array(0x10000)
  /** Those that nobody counts, by metric and experiment. */
  readonly #unknown = new Map<string, number>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#outcomes.size
  }

  get memoryBytes(): number {
    return this.#filter.byteLength + 400 * this.#outcomes.size
  }

  /** The outcome with this id for the same experiments. */
  get(experiment: string | undefined, id: HashPair): WaitingOutcome | undefined {
    return this.#outcomes.get(nameOf(experiment, id))
  }

  /** All, oldest first. */
  all(): Iterable<WaitingOutcome> {
    return this.#outcomes.values()
  }

  /** Keep an outcome; of two with one id one stays, whichever comes first. @returns what is kept */
  add(fact: OutcomeFact): WaitingOutcome {
    const name = nameOf(fact.experiment, fact.id)
    const found = this.#outcomes.get(name)
    if (found !== undefined && !isBetter(fact, found.fact)) return found
    if (found !== undefined) this.#drop(found)
    const outcome = { fact, isKnown: false }
    this.#outcomes.set(name, outcome)
    this.#index(this.#byUnit, fact.unit, outcome)
    this.#index(this.#byRequest, fact.request, outcome)
    this.#countUnknown(fact, 1)
    if (this.#outcomes.size > this.#limit) this.#drop(this.#outcomes.values().next().value!)
    return outcome
  }

  /** Somebody counts it. */
  known(outcome: WaitingOutcome): void {
    if (outcome.isKnown) return
    outcome.isKnown = true
    if (this.get(outcome.fact.experiment, outcome.fact.id) === outcome) this.#countUnknown(outcome.fact, -1)
  }

  /** Whether any may be about this unit or request; rarely true for one that none is about. A few nanoseconds. */
  mayHave(first: number): boolean {
    return this.#filter[first & 0xffff] !== 0
  }

  ofUnit(unit: HashPair): readonly WaitingOutcome[] {
    return this.#byUnit.get(keyOf(unit.first, unit.second)) ?? []
  }

  ofRequest(request: HashPair): readonly WaitingOutcome[] {
    return this.#byRequest.get(keyOf(request.first, request.second)) ?? []
  }

  /** How many of a metric wait for this experiment, or for any. */
  unknown(experiment: string, metric: string): number {
    return (
      (this.#unknown.get(unknownName(experiment, metric)) ?? 0) +
      (this.#unknown.get(unknownName(undefined, metric)) ?? 0)
    )
  }

  /** Forget what was told of one experiment until then. */
  forget(experiment: string, time: number): void {
    for (const outcome of this.#outcomes.values()) {
      if (outcome.fact.experiment === experiment && outcome.fact.time <= time) this.#drop(outcome)
    }
  }

  #drop(outcome: WaitingOutcome): void {
    const { fact } = outcome
    this.#outcomes.delete(nameOf(fact.experiment, fact.id))
    this.#unindex(this.#byUnit, fact.unit, outcome)
    this.#unindex(this.#byRequest, fact.request, outcome)
    if (!outcome.isKnown) this.#countUnknown(fact, -1)
  }

  #index(map: Map<number, WaitingOutcome[]>, hash: HashPair, outcome: WaitingOutcome): void {
    if (hash.first === 0) return
    const key = keyOf(hash.first, hash.second)
    const list = map.get(key)
    if (list === undefined) map.set(key, [outcome])
    else list.push(outcome)
    this.#filter[hash.first & 0xffff]! += 1
  }

  #unindex(map: Map<number, WaitingOutcome[]>, hash: HashPair, outcome: WaitingOutcome): void {
    if (hash.first === 0) return
    const key = keyOf(hash.first, hash.second)
    const rest = map.get(key)?.filter(one => one !== outcome) ?? []
    if (rest.length === 0) map.delete(key)
    else map.set(key, rest)
    this.#filter[hash.first & 0xffff]! -= 1
  }

  #countUnknown({ experiment, metric }: OutcomeFact, by: number): void {
    const name = unknownName(experiment, metric)
    const count = (this.#unknown.get(name) ?? 0) + by
    if (count === 0) this.#unknown.delete(name)
    else this.#unknown.set(name, count)
  }
}

function nameOf(experiment: string | undefined, { first, second }: HashPair): string {
  return `${first}.${second}.${experiment ?? ''}`
}

/** Whether, of two outcomes with one id, the first is to be kept: the one whose unit was found, else by a fixed rule. */
function isBetter(fact: OutcomeFact, other: OutcomeFact): boolean {
  const isFound = fact.unit.first !== 0
  return isFound === (other.unit.first !== 0) ? fact.told < other.told : isFound
}

function unknownName(experiment: string | undefined, metric: string): string {
  return `${experiment ?? ''}\n${metric}`
}
