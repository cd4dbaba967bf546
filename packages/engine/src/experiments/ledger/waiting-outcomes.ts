import type { HashPair, OutcomeFact } from './outcome-fact.ts'
import { keyOf } from './text-hash.ts'

/** What was told under one id for the same experiments: one thing, but for a race of two processes. */
export interface WaitingOutcome {
  readonly facts: readonly OutcomeFact[]
  /** Whether any experiment counts it. */
  readonly isKnown: boolean
}

interface Kept {
  /** The experiment that is named. */
  readonly scope: string | undefined
  readonly facts: OutcomeFact[]
  isKnown: boolean
}

/**
 * The latest outcomes that were told, for units and requests that are heard of later than what came of them, as other
 * processes may serve them. At most a given number that nobody counts, and a tenth of that of those that some experiment
 * counts and another may count yet; the oldest give way. Some 500 bytes each.
 */
export class WaitingOutcomes {
  readonly #limit: number
  readonly #byId = new Map<number, Kept[]>()
  readonly #byUnit = new Map<number, OutcomeFact[]>()
  readonly #byRequest = new Map<number, OutcomeFact[]>()
  /** Those that nobody counts in the order they came, and the others in the order of becoming known. */
  readonly #open = new Set<Kept>()
  readonly #known = new Set<Kept>()
  /** How many have a unit or request whose hash ends like this: most of those that are looked for are found missing here. */
  readonly #filter = new Uint16Array(0x10000)
  /** Those that nobody counts, by metric and experiment. */
  readonly #unknown = new Map<string, number>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#open.size + this.#known.size
  }

  get memoryBytes(): number {
    return this.#filter.byteLength + 500 * this.size
  }

  /** What was told under this id for the same experiments. */
  get(experiment: string | undefined, id: HashPair): WaitingOutcome | undefined {
    return this.#byId.get(idKey(id))?.find(({ scope }) => scope === experiment)
  }

  /** All that was told. */
  *facts(): Iterable<OutcomeFact> {
    for (const list of this.#byId.values()) for (const { facts } of list) yield* facts
  }

  /** Keep what was told, unless it is kept. */
  add(fact: OutcomeFact): void {
    const kept = this.#keptFor(fact)
    if (kept.facts.some(other => isSame(fact, other))) return
    kept.facts.push(fact)
    index(this.#byUnit, fact.unit, fact)
    index(this.#byRequest, fact.request, fact)
    this.#mark(fact, 1)
    if (this.#open.size > this.#limit) this.#dropOldest(this.#open)
  }

  /** An experiment counts what was told under this id. */
  known(experiment: string, id: HashPair): void {
    for (const kept of this.#byId.get(idKey(id)) ?? []) {
      if (kept.isKnown || (kept.scope !== undefined && kept.scope !== experiment)) continue
      kept.isKnown = true
      this.#countUnknown(kept.facts[0]!, -1)
      this.#open.delete(kept)
      this.#known.add(kept)
    }
    while (this.#known.size > this.#limit / 10) this.#dropOldest(this.#known)
  }

  /** Whether any may be about this unit or request; rarely true for one that none is about. A few nanoseconds. */
  mayHave(first: number): boolean {
    return this.size !== 0 && this.#filter[first & 0xffff] !== 0
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
    const all = [...this.#byId.values()].flat()
    for (const kept of all) if (kept.scope === experiment && kept.facts[0]!.time <= time) this.#drop(kept)
  }

  #keptFor(fact: OutcomeFact): Kept {
    const key = idKey(fact.id)
    const list = this.#byId.get(key)
    const found = list?.find(({ scope }) => scope === fact.experiment)
    if (found !== undefined) return found
    const kept: Kept = { scope: fact.experiment, facts: [], isKnown: false }
    if (list === undefined) this.#byId.set(key, [kept])
    else list.push(kept)
    this.#open.add(kept)
    this.#countUnknown(fact, 1)
    return kept
  }

  #dropOldest(order: ReadonlySet<Kept>): void {
    const [oldest] = order
    if (oldest !== undefined) this.#drop(oldest)
  }

  #drop(kept: Kept): void {
    const [first] = kept.facts
    remove(this.#byId, idKey(first!.id), kept)
    for (const fact of kept.facts) {
      unindex(this.#byUnit, fact.unit, fact)
      unindex(this.#byRequest, fact.request, fact)
      this.#mark(fact, -1)
    }
    this.#known.delete(kept)
    if (this.#open.delete(kept)) this.#countUnknown(first!, -1)
  }

  #mark({ unit, request }: OutcomeFact, by: number): void {
    if (unit.first !== 0) this.#filter[unit.first & 0xffff]! += by
    if (request.first !== 0) this.#filter[request.first & 0xffff]! += by
  }

  #countUnknown({ experiment, metric }: OutcomeFact, by: number): void {
    const name = unknownName(experiment, metric)
    const count = (this.#unknown.get(name) ?? 0) + by
    if (count === 0) this.#unknown.delete(name)
    else this.#unknown.set(name, count)
  }
}

function idKey({ first, second }: HashPair): number {
  return keyOf(first, second)
}

function index(map: Map<number, OutcomeFact[]>, { first, second }: HashPair, fact: OutcomeFact): void {
  if (first === 0) return
  const key = keyOf(first, second)
  const list = map.get(key)
  if (list === undefined) map.set(key, [fact])
  else list.push(fact)
}

function unindex(map: Map<number, OutcomeFact[]>, { first, second }: HashPair, fact: OutcomeFact): void {
  if (first !== 0) remove(map, keyOf(first, second), fact)
}

function remove<Item>(map: Map<number, Item[]>, key: number, item: Item): void {
  const list = map.get(key)
  if (list === undefined) return
  if (list.length === 1 && list[0] === item) map.delete(key)
  else
    map.set(
      key,
      list.filter(one => one !== item)
    )
}

function isSame(fact: OutcomeFact, other: OutcomeFact): boolean {
  // The later of two may count for a unit that came too late for the other.
  const isSaid = fact.told === other.told && fact.time === other.time
  return isSaid && isEqual(fact.unit, other.unit) && isEqual(fact.request, other.request)
}

function isEqual(one: HashPair, other: HashPair): boolean {
  return one.first === other.first && one.second === other.second
}

function unknownName(experiment: string | undefined, metric: string): string {
  return `${experiment ?? ''}\n${metric}`
}
