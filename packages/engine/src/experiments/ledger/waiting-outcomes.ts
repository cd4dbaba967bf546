import type { HashPair, OutcomeFact } from './outcome-fact.ts'
import { keyOf } from './text-hash.ts'

/** What was told under one id for the same experiments: one thing, but for a race of two processes. */
export interface WaitingOutcome {
  readonly facts: readonly OutcomeFact[]
  /** Whether any experiment counts it. */
  readonly isKnown: boolean
}

interface Kept {
  facts: OutcomeFact[]
  isKnown: boolean
}

/**
 * The latest outcomes that were told, for units and requests that are heard of later than what came of them, as other
 * processes may serve them. At most a given number; the oldest give way. Some 500 bytes each.
 */
export class WaitingOutcomes {
  readonly #limit: number
  /** By id and experiment, oldest first. */
  readonly #outcomes = new Map<string, Kept>()
  readonly #byUnit = new Map<number, OutcomeFact[]>()
  readonly #byRequest = new Map<number, OutcomeFact[]>()
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
    return this.#filter.byteLength + 500 * this.#outcomes.size
  }

  /** What was told under this id for the same experiments. */
  get(experiment: string | undefined, id: HashPair): WaitingOutcome | undefined {
    return this.#outcomes.get(nameOf(experiment, id))
  }

  /** All, oldest first. */
  *facts(): Iterable<OutcomeFact> {
    for (const { facts } of this.#outcomes.values()) yield* facts
  }

  /** Keep what was told, unless it is kept. */
  add(fact: OutcomeFact): void {
    const name = nameOf(fact.experiment, fact.id)
    let kept = this.#outcomes.get(name)
    if (kept === undefined) {
      this.#outcomes.set(name, (kept = { facts: [], isKnown: false }))
      this.#countUnknown(fact, 1)
    }
    if (kept.facts.some(other => isSame(fact, other))) return
    kept.facts.push(fact)
    index(this.#byUnit, fact.unit, fact)
    index(this.#byRequest, fact.request, fact)
    this.#mark(fact, 1)
    if (this.#outcomes.size > this.#limit) this.#drop(...this.#outcomes.entries().next().value!)
  }

  /** An experiment counts what was told under this id. */
  known(experiment: string, id: HashPair): void {
    for (const scope of [experiment, undefined]) {
      const kept = this.#outcomes.get(nameOf(scope, id))
      if (kept === undefined || kept.isKnown) continue
      kept.isKnown = true
      this.#countUnknown(kept.facts[0]!, -1)
    }
  }

  /** Whether any may be about this unit or request; rarely true for one that none is about. A few nanoseconds. */
  mayHave(first: number): boolean {
    return this.#filter[first & 0xffff] !== 0
  }

  ofUnit(unit: HashPair): readonly OutcomeFact[] {
    return this.#byUnit.get(keyOf(unit.first, unit.second)) ?? []
  }

  ofRequest(request: HashPair): readonly OutcomeFact[] {
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
    for (const [name, kept] of this.#outcomes) {
      const first = kept.facts[0]!
      if (first.experiment === experiment && first.time <= time) this.#drop(name, kept)
    }
  }

  #drop(name: string, { facts, isKnown }: Kept): void {
    this.#outcomes.delete(name)
    for (const fact of facts) {
      unindex(this.#byUnit, fact.unit, fact)
      unindex(this.#byRequest, fact.request, fact)
      this.#mark(fact, -1)
    }
    if (!isKnown) this.#countUnknown(facts[0]!, -1)
  }

  #mark({ unit, request }: OutcomeFact, by: number): void {
    for (const { first } of [unit, request]) if (first !== 0) this.#filter[first & 0xffff]! += by
  }

  #countUnknown({ experiment, metric }: OutcomeFact, by: number): void {
    const name = unknownName(experiment, metric)
    const count = (this.#unknown.get(name) ?? 0) + by
    if (count === 0) this.#unknown.delete(name)
    else this.#unknown.set(name, count)
  }
}

function index(map: Map<number, OutcomeFact[]>, { first, second }: HashPair, fact: OutcomeFact): void {
  if (first === 0) return
  const key = keyOf(first, second)
  const list = map.get(key)
  if (list === undefined) map.set(key, [fact])
  else list.push(fact)
}

function unindex(map: Map<number, OutcomeFact[]>, { first, second }: HashPair, fact: OutcomeFact): void {
  if (first === 0) return
  const key = keyOf(first, second)
  const rest = map.get(key)?.filter(one => one !== fact) ?? []
  if (rest.length === 0) map.delete(key)
  else map.set(key, rest)
}

function isSame(fact: OutcomeFact, other: OutcomeFact): boolean {
  // The later of two may count for a unit that came too late for the other.
  const isSaid = fact.told === other.told && fact.time === other.time
  return isSaid && isEqual(fact.unit, other.unit) && isEqual(fact.request, other.request)
}

function isEqual(one: HashPair, other: HashPair): boolean {
  return one.first === other.first && one.second === other.second
}

function nameOf(experiment: string | undefined, { first, second }: HashPair): string {
  return `${first}.${second}.${experiment ?? ''}`
}

function unknownName(experiment: string | undefined, metric: string): string {
  return `${experiment ?? ''}\n${metric}`
}
