/** One look at a source. */
export interface Look {
  /** Changes whenever the listing does; undefined if the source could not be read. */
  readonly fingerprint: string | undefined
  /** Milliseconds until the next look, unless something happens before. */
  readonly nextMs: number
}

/** Looks at a source now and then, and tells those who asked when it changed. Looks at nothing while nobody asks. */
export class ListingWatch {
  readonly #look: () => Promise<Look>
  readonly #debounceMs: number
  readonly #listeners = new Set<{ changed: () => void }>()
  #fingerprint: string | undefined
  #timer: NodeJS.Timeout | undefined
  #dueAt = Infinity
  #isLooking = false

  /** @param options `debounceMs` is how long after a hint the source is looked at */
  constructor({ look, debounceMs }: { look: () => Promise<Look>; debounceMs: number }) {
    this.#look = look
    this.#debounceMs = debounceMs
  }

  /** Whether anybody wants to be told. */
  get isOn(): boolean {
    return this.#listeners.size > 0
  }

  /** What has been seen already by those who will ask: only what differs from it is told. Without, the first look is. */
  seen(fingerprint: string): void {
    if (!this.isOn) this.#fingerprint = fingerprint
  }

  /** @returns what ends it */
  add(changed: () => void): () => void {
    const listener = { changed }
    this.#listeners.add(listener)
    this.#lookWithin(0)
    return () => {
      this.#listeners.delete(listener)
      if (!this.isOn) this.#stop()
    }
  }

  /** Something may have changed. */
  hint(): void {
    this.#lookWithin(this.#debounceMs)
  }

  close(): void {
    this.#listeners.clear()
    this.#stop()
  }

  #stop(): void {
    clearTimeout(this.#timer)
    this.#dueAt = Infinity
  }

  /** A later wish never puts off an earlier one, so that no stream of hints can hold off a look. */
  #lookWithin(delayMs: number): void {
    const at = performance.now() + delayMs
    if (!this.isOn || at >= this.#dueAt) return
    this.#dueAt = at
    if (this.#isLooking) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#lookNow(), delayMs)
    this.#timer.unref()
  }

  async #lookNow(): Promise<void> {
    this.#isLooking = true
    this.#dueAt = Infinity
    const { fingerprint, nextMs } = await this.#look()
    this.#isLooking = false
    this.#tell(fingerprint)
    const hintedMs = Math.max(0, this.#dueAt - performance.now())
    this.#dueAt = Infinity
    this.#lookWithin(Math.min(nextMs, hintedMs))
  }

  #tell(fingerprint: string | undefined): void {
    if (!this.isOn || fingerprint === undefined || fingerprint === this.#fingerprint) return
    this.#fingerprint = fingerprint
    for (const { changed } of this.#listeners) changed()
  }
}
