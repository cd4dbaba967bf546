const quietMs = 100

/** Those who want to hear of changes, at most every 100 ms. */
export class ChangeListeners {
  readonly #listeners = new Set<() => void>()
  #timer: NodeJS.Timeout | undefined

  add(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Something changed. */
  changed(): void {
    if (this.#timer !== undefined || this.#listeners.size === 0) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      for (const listener of this.#listeners) listener()
    }, quietMs).unref()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#listeners.clear()
  }
}
