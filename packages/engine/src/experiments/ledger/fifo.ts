/** Things in the order they came; the first is taken in constant time on average. */
export class Fifo<Item> {
  #items: Item[] = []
  #start = 0

  push(item: Item): void {
    this.#items.push(item)
  }

  /** The oldest, which is no longer in here; undefined when there is none. */
  shift(): Item | undefined {
    if (this.#start === this.#items.length) return undefined
    const item = this.#items[this.#start++]
    if (2 * this.#start > this.#items.length) {
      this.#items = this.#items.slice(this.#start)
      this.#start = 0
    }
    return item
  }
}
