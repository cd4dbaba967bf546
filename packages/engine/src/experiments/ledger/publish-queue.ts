/** Bytes that wait at most; what is more is put into the store by way of an image. */
const mostBytes = 16 * 2 ** 20
/** What is passed on in one go. */
const together = { records: 256, bytes: 2 ** 20 }

/** Records of this run that are to be passed on, in order. */
export class PublishQueue {
  #records: { number: number; payload: Buffer }[] = []
  /** The last one that was passed on, or given up. */
  #previous: number
  #bytes = 0

  /** @param previous the last record of the run that this queue will not hear of */
  constructor(previous: number) {
    this.#previous = previous
  }

  get length(): number {
    return this.#records.length
  }

  get bytes(): number {
    return this.#bytes
  }

  add(number: number, payload: Buffer): void {
    this.#records.push({ number, payload })
    this.#bytes += payload.length
    if (this.#bytes > mostBytes) this.done(number)
  }

  /** The next ones to be passed on, and the number of the one before. */
  next(): { previous: number; records: { number: number; payload: Buffer }[] } {
    let bytes = 0
    let count = 0
    while (count < Math.min(this.#records.length, together.records) && bytes < together.bytes) {
      bytes += this.#records[count++]!.payload.length
    }
    return { previous: this.#previous, records: this.#records.slice(0, count) }
  }

  /** All up to this one are passed on. */
  done(number: number): void {
    const rest = this.#records.filter(record => record.number > number)
    this.#bytes = rest.reduce((sum, { payload }) => sum + payload.length, 0)
    this.#records = rest
    this.#previous = Math.max(this.#previous, number)
  }
}
