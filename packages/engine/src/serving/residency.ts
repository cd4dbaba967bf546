import type { VersionSlot } from './version-slot.ts'

/** How much may be in memory. */
export interface ResidencyLimits {
  /** Versions at most. */
  readonly maxModels: number
  /** Estimated bytes of all of them at most. */
  readonly memoryBytes: number
}

/**
 * Keeps what is in memory within its limits: the version that was asked least recently gives way, one that an alias
 * stands for after all others, and never one that a request needs. Time O(versions in memory) for each that gives way.
 */
export class Residency {
  readonly #limits: ResidencyLimits
  readonly #isPinned: (slot: VersionSlot) => boolean
  readonly #slots = new Set<VersionSlot>()
  /** Whether more is in memory than should be, because requests need it. */
  isCrowded = false
  /** Loads that were allowed and are not done yet. */
  #reserved = 0

  constructor(limits: ResidencyLimits, isPinned: (slot: VersionSlot) => boolean) {
    this.#limits = limits
    this.#isPinned = isPinned
  }

  /** Estimated bytes of what is in memory. */
  get bytes(): number {
    let sum = 0
    for (const { current } of this.#slots) sum += current?.served.memoryBytes ?? 0
    return sum
  }

  /** Whether one more may be loaded without another giving way, as far as can be known before. */
  get hasRoom(): boolean {
    return this.#slots.size + this.#reserved < this.#limits.maxModels && this.bytes < this.#limits.memoryBytes
  }

  /** Load into room that there is. */
  async reserve<Result>(load: () => Promise<Result>): Promise<Result> {
    this.#reserved++
    try {
      return await load()
    } finally {
      this.#reserved--
    }
  }

  add(slot: VersionSlot): void {
    this.#slots.add(slot)
  }

  delete(slot: VersionSlot): void {
    this.#slots.delete(slot)
  }

  /** Let versions give way until the limits hold again, or all that is left is needed. */
  makeRoom(): void {
    this.isCrowded = false
    while (this.#slots.size > this.#limits.maxModels || this.bytes > this.#limits.memoryBytes) {
      const least = this.#leastNeeded()
      if (least === undefined) {
        this.isCrowded = this.#slots.size > 1
        return
      }
      least.evict()
    }
  }

  #leastNeeded(): VersionSlot | undefined {
    let least: VersionSlot | undefined
    for (const slot of this.#slots) {
      if (slot.waiting > 0 || slot.current === undefined || slot.current.inUse > 0) continue
      if (least === undefined || this.#isLess(slot, least)) least = slot
    }
    return least
  }

  #isLess(a: VersionSlot, b: VersionSlot): boolean {
    const [pinnedA, pinnedB] = [this.#isPinned(a), this.#isPinned(b)]
    return pinnedA === pinnedB ? a.lastUsedAt < b.lastUsedAt : pinnedB
  }
}
