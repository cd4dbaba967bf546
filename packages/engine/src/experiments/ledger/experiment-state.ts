import { addCounts, armCounts, latencyOf, place } from './arm-counts.ts'
import { Counted } from './counted.ts'
import { Generations } from './generations.ts'
import { HashTable } from './hash-table.ts'
import type { ArmTally, ExperimentTally } from './ledger.ts'
import { MetricSums } from './metric-sums.ts'
import { clockToleranceMs, type HashPair, type OutcomeFact } from './outcome-fact.ts'

/** How much of an experiment is remembered. */
export interface ExperimentLimits {
  /** Units that were given and can come back, and of each metric units of which something was told. */
  units: number
  /** Ids of outcomes; the oldest give way, an eighth at a time. */
  outcomeIds: number
}

/** Names of metrics of one experiment. */
const mostMetrics = 64

/** In the last word of a unit: its arm, marks, and above them what its time has beyond 32 bits. */
const armBits = 0x1f
const crossedMark = 0x20
const ownRequestMark = 0x40

/** What an exposure changed. */
export type Exposed = 'nothing' | 'new' | 'changed' | 'no room'

/** A unit that is known. */
export interface KnownUnit {
  readonly arm: number
  /** When it first came, in milliseconds since 1970. */
  readonly time: number
  /** Whether its id was that of its request. */
  readonly isOwnRequest: boolean
}

/** What became of an outcome. */
export type Applied = 'counted' | 'repeat' | 'conflict' | 'unknown'

/** What is told of a unit, and by which id; see OutcomeFact. */
export type UnitFact = Pick<OutcomeFact, 'metric' | 'id' | 'unit' | 'passingArm' | 'value' | 'told' | 'time'>

/**
 * An experiment in memory: facts go in, in any order and as often as they like to come, and the same facts make the same
 * state. A unit takes 22 to 44 bytes, an outcome's id 38 to 76.
 */
export class ExperimentState {
  /** Four words each: hash, low 32 bits of the time, arm and marks. */
  readonly units = new HashTable(4)
  readonly metrics = new Map<string, MetricSums>()
  /** Eight words each: hash, value, unit, what was told, arm and metric. */
  readonly ids: Generations
  /** What each run of a process has counted. */
  readonly counted = new Map<string, Counted>()
  readonly #limits: ExperimentLimits
  readonly #unitsOf: number[] = []
  #crossed = 0
  /** Of the first thing that was heard of it, in milliseconds since 1970. */
  readonly createdAt: number
  updatedAt: number

  constructor(limits: ExperimentLimits, createdAt: number) {
    this.#limits = limits
    this.createdAt = createdAt
    this.updatedAt = createdAt
    this.ids = new Generations(8, limits.outcomeIds)
  }

  get memoryBytes(): number {
    let bytes = this.units.memoryBytes + this.ids.memoryBytes
    for (const { table } of this.metrics.values()) bytes += table.memoryBytes
    for (const counted of this.counted.values()) bytes += counted.memoryBytes
    return bytes
  }

  /** The arm of a unit, -1 for one that is not known. The hot path: makes no garbage. */
  armOf(first: number, second: number): number {
    const { units } = this
    return units.find(first, second) ? units.words[units.at + 3]! & armBits : -1
  }

  unit(first: number, second: number): KnownUnit | undefined {
    const { units } = this
    if (!units.find(first, second)) return undefined
    const info = units.words[units.at + 3]!
    return { arm: info & armBits, time: this.#time(), isOwnRequest: (info & ownRequestMark) !== 0 }
  }

  /** A unit was served by an arm. Of two arms the one that it came to first has it, and of one moment the first arm. */
  expose(first: number, second: number, arm: number, isOwnRequest: boolean, time: number): Exposed {
    const { units } = this
    const isFull = units.size >= this.#limits.units
    if (isFull && !units.find(first, second)) return 'no room'
    if (isFull || !units.put(first, second)) return this.#meet(first, second, arm, isOwnRequest, time)
    this.#write(arm, isOwnRequest ? ownRequestMark : 0, time)
    this.#count(arm, 1)
    if (time > this.updatedAt) this.updatedAt = time
    return 'new'
  }

  /** Go through the units in some parts of the table. */
  forEachUnit(
    firstPart: number,
    endPart: number,
    visit: (first: number, second: number, unit: KnownUnit & { isCrossed: boolean }) => void
  ): void {
    const { units } = this
    units.forEach(
      () => {
        const info = units.words[units.at + 3]!
        const marks = { isOwnRequest: (info & ownRequestMark) !== 0, isCrossed: (info & crossedMark) !== 0 }
        visit(units.words[units.at]!, units.words[units.at + 1]!, { arm: info & armBits, time: this.#time(), ...marks })
      },
      firstPart,
      endPart
    )
  }

  /** Go through all outcomes whose ids are known; when they were told is not. */
  forEachOutcome(visit: (fact: UnitFact) => void): void {
    const { ids } = this
    const names = [...this.metrics.keys()]
    ids.forEach(() => {
      const { words, doubles, at } = ids
      const info = words[at + 7]!
      visit({
        metric: names[(info >>> 8) & 0xff]!,
        id: { first: words[at]!, second: words[at + 1]! },
        unit: { first: words[at + 4]!, second: words[at + 5]! },
        passingArm: passingArmIn(info),
        value: doubles[at / 2 + 1]!,
        told: words[at + 6]!,
        time: Infinity
      })
    })
  }

  /** A unit came to another arm, somewhere. */
  cross(first: number, second: number): void {
    const { units } = this
    if (!units.find(first, second) || (units.words[units.at + 3]! & crossedMark) !== 0) return
    units.words[units.at + 3]! |= crossedMark
    this.#crossed++
  }

  /** The sums of a metric; undefined when there are too many metrics. */
  metric(name: string): MetricSums | undefined {
    const known = this.metrics.get(name)
    if (known !== undefined || this.metrics.size === mostMetrics) return known
    const sums = new MetricSums(this.#limits.units)
    this.metrics.set(name, sums)
    return sums
  }

  /** Count what was told of a unit that is known. */
  apply(fact: UnitFact): Applied {
    const isPassing = fact.passingArm >= 0
    const arm = isPassing ? fact.passingArm : this.#armAt(fact)
    if (arm === undefined) return 'unknown'
    const known = this.ids.find(fact.id.first, fact.id.second)
    if (known && !this.#isPreferred(fact)) return this.#isSame(fact) ? 'repeat' : 'conflict'
    const sums = this.metric(fact.metric)
    if (sums === undefined) return 'unknown'
    if (known) this.#takeBack()
    this.#remember(fact, arm)
    sums.add(fact.unit, { arm, isPassing }, fact.value, 1)
    if (fact.time > this.updatedAt && fact.time !== Infinity) this.updatedAt = fact.time
    return known ? 'conflict' : 'counted'
  }

  /** What is known under an id: its arm, and whether the same was told, of the same unit where the fact has one. */
  remembered(
    fact: Pick<UnitFact, 'id' | 'told' | 'unit'>
  ): { arm: number; isSame: boolean; value: number } | undefined {
    const { ids } = this
    if (!ids.find(fact.id.first, fact.id.second)) return undefined
    const { words, at } = ids
    const info = words[at + 7]!
    const isOfUnit = fact.unit.first === 0 || (fact.unit.first === words[at + 4] && fact.unit.second === words[at + 5])
    const isSame = words[at + 6] === fact.told && isOfUnit
    const value = ids.doubles[at / 2 + 1]!
    const arm = (info & passingMark) !== 0 ? info & armBits : this.armOf(words[at + 4]!, words[at + 5]!)
    return { arm, isSame, value }
  }

  countedBy(run: string): Counted {
    let counted = this.counted.get(run)
    if (counted === undefined) this.counted.set(run, (counted = new Counted()))
    return counted
  }

  /** Count anew what follows from the tables, after they were taken over. */
  recount(): void {
    const { units } = this
    this.#unitsOf.length = 0
    this.#crossed = 0
    units.forEach(() => {
      const info = units.words[units.at + 3]!
      this.#count(info & armBits, 1)
      if ((info & crossedMark) !== 0) this.#crossed++
    })
    for (const sums of this.metrics.values()) {
      sums.recount((first, second) => {
        const arm = this.armOf(first, second)
        return arm === -1 ? undefined : arm
      })
    }
  }

  /**
   * @param live what is counted and in no run yet
   * @param unknownOutcomes those that wait
   */
  tally(
    shape: { arms: number; metrics: ReadonlyMap<string, string> },
    live: readonly Counted[],
    unknownOutcomes: number
  ): ExperimentTally {
    const all = [...this.counted.values(), ...live]
    return {
      arms: Array.from({ length: shape.arms }, (_, arm) => this.#armTally(arm, shape.metrics, all)),
      crossed: this.#crossed,
      forgotten: all.reduce((sum, { forgotten }) => sum + forgotten, 0),
      unknownOutcomes,
      repeatedOutcomes: all.reduce((sum, { repeated }) => sum + repeated, 0),
      updatedAt: this.updatedAt
    }
  }

  #armTally(arm: number, kinds: ReadonlyMap<string, string>, all: readonly Counted[]): ArmTally {
    const counts = armCounts()
    for (const { arms } of all) if (arms[arm] !== undefined) addCounts(counts, arms[arm])
    const givenUnits = this.#unitsOf[arm] ?? 0
    const empty = new MetricSums(0)
    const metrics = [...kinds].map(
      ([name, kind]) => [name, (this.metrics.get(name) ?? empty).tally(arm, kind === 'conversion')] as const
    )
    return {
      units: givenUnits + counts[place.passing]!,
      givenUnits,
      requests: counts[place.requests]!,
      cached: counts[place.cached]!,
      failures: counts[place.failures]!,
      fallbacks: counts[place.fallbacks]!,
      latency: latencyOf(counts),
      metrics: new Map(metrics)
    }
  }

  /** A unit that is known came: `units` points at it. */
  #meet(first: number, second: number, arm: number, isOwnRequest: boolean, time: number): Exposed {
    const { units } = this
    const info = units.words[units.at + 3]!
    const formerArm = info & armBits
    const former = this.#time()
    let marks = info & (crossedMark | ownRequestMark)
    if (formerArm !== arm) marks |= crossedMark
    if (isOwnRequest) marks |= ownRequestMark
    const isEarlier = time < former || (time === former && arm < formerArm)
    if (!isEarlier && marks === (info & (crossedMark | ownRequestMark))) return 'nothing'
    if ((marks & crossedMark) !== (info & crossedMark)) this.#crossed++
    this.#write(isEarlier ? arm : formerArm, marks, isEarlier ? time : former)
    if (isEarlier && arm !== formerArm) this.#moveUnit({ first, second }, formerArm, arm)
    return 'changed'
  }

  #moveUnit(unit: HashPair, from: number, to: number): void {
    this.#count(from, -1)
    this.#count(to, 1)
    for (const sums of this.metrics.values()) sums.move(unit, from, to)
  }

  #count(arm: number, by: number): void {
    this.#unitsOf[arm] = (this.#unitsOf[arm] ?? 0) + by
  }

  /** The time of the unit that `units` points at. */
  #time(): number {
    const { words, at } = this.units
    return (words[at + 3]! >>> 16) * 0x100000000 + words[at + 2]!
  }

  #write(arm: number, marks: number, time: number): void {
    const { words, at } = this.units
    // What is left of the division by `%` would be found by an instruction that takes as long as all else here.
    const high = Math.floor(time / 0x100000000)
    words[at + 2] = time - high * 0x100000000
    words[at + 3] = (high << 16) | marks | arm
  }

  /** The arm that a fact counts for; undefined when the unit is not known or came only later. */
  #armAt({ unit, time }: UnitFact): number | undefined {
    const arm = this.armOf(unit.first, unit.second)
    return arm === -1 || this.#time() > time + clockToleranceMs ? undefined : arm
  }

  /** Whether, of two different outcomes with one id, this is the one that counts, by a rule that asks for no order. */
  #isPreferred({ told, unit, passingArm }: UnitFact): boolean {
    const { words, at } = this.ids
    if (told !== words[at + 6]!) return told < words[at + 6]!
    if (unit.first !== words[at + 4]!) return unit.first < words[at + 4]!
    if (unit.second !== words[at + 5]!) return unit.second < words[at + 5]!
    return passingArm < passingArmIn(words[at + 7]!)
  }

  #isSame({ told, unit, passingArm }: UnitFact): boolean {
    const { words, at } = this.ids
    const isSameUnit = unit.first === words[at + 4] && unit.second === words[at + 5]
    return told === words[at + 6] && isSameUnit && passingArm === passingArmIn(words[at + 7]!)
  }

  /** Take away what the id that `ids` points at has added. */
  #takeBack(): void {
    const { words, doubles, at } = this.ids
    const info = words[at + 7]!
    const unit = { first: words[at + 4]!, second: words[at + 5]! }
    const isPassing = (info & passingMark) !== 0
    const arm = isPassing ? info & armBits : this.armOf(unit.first, unit.second)
    const name = [...this.metrics.keys()][(info >>> 8) & 0xff]!
    this.metrics.get(name)!.add(unit, { arm, isPassing }, doubles[at / 2 + 1]!, -1)
  }

  /** Keep the id, in place of what `ids` points at if that has the same. */
  #remember({ id, metric, unit, value, told, passingArm }: UnitFact, arm: number): void {
    const { ids } = this
    if (!ids.find(id.first, id.second)) ids.put(id.first, id.second)
    const { words, at } = ids
    ids.doubles[at / 2 + 1] = value
    words[at + 4] = unit.first
    words[at + 5] = unit.second
    words[at + 6] = told
    words[at + 7] = ([...this.metrics.keys()].indexOf(metric) << 8) | (passingArm >= 0 ? passingMark | arm : 0)
  }
}

/** In the last word of an id: its unit cannot come back, so its arm stands there. */
const passingMark = 0x80

function passingArmIn(info: number): number {
  return (info & passingMark) === 0 ? -1 : info & armBits
}
