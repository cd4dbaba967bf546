import { randomFillSync } from 'node:crypto'
import { TextHasher } from './text-hasher.ts'

const seed = 5
const pattern = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/
/** Random bytes are drawn for so many ids at a time. */
const idsAtATime = 128
const bytesAnId = 8

/**
 * Makes the ids of one learner's predictions, and recognises them: UUIDs of version 7 that begin with the time, random in
 * the middle, with 16 bits at the end that follow from the rest and the learner's id. So an id that some client made up,
 * or that another learner gave, is told from one whose prediction is no longer kept. (It keeps nobody from forging one.)
 * @see RFC 9562, section 5.7
 */
export class PredictionIds {
  readonly #learner: string
  readonly #fill: (bytes: Uint8Array) => void
  readonly #bytes = new Uint8Array(idsAtATime * bytesAnId)
  readonly #texts = new TextHasher()
  readonly #hash = new Int32Array(4)
  #used = idsAtATime

  /**
   * @param learner unique among all learners
   * @param fill fills memory with random bytes
   */
  constructor(learner: string, fill: (bytes: Uint8Array) => void = bytes => void randomFillSync(bytes)) {
    this.#learner = learner
    this.#fill = fill
  }

  /** @param time milliseconds since 1970 */
  make(time: number): string {
    const stamp = hex(Math.floor(time), 12)
    const random = this.#random()
    const [a, b, c] = [random.slice(0, 3), random.slice(3, 6), random.slice(6, 14)]
    const variant = '89ab'[Number.parseInt(random.slice(14), 16) & 3]
    const start = `${stamp.slice(0, 8)}-${stamp.slice(8)}-7${a}-${variant}${b}-${c}`
    return start + this.#check(start)
  }

  /** When this learner made the prediction of that id, in milliseconds since 1970; undefined when it made none. */
  timeOf(id: string): number | undefined {
    if (!pattern.test(id) || this.#check(id.slice(0, -4)) !== id.slice(-4)) return undefined
    return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
  }

  #check(start: string): string {
    this.#texts.hash(`${start} ${this.#learner}`, seed, this.#hash)
    return hex(this.#hash[0]! & 0xffff, 4)
  }

  /** 16 hexadecimal digits. */
  #random(): string {
    if (this.#used === idsAtATime) {
      this.#fill(this.#bytes)
      this.#used = 0
    }
    const start = bytesAnId * this.#used++
    let digits = ''
    for (let index = start; index < start + bytesAnId; index++) digits += hex(this.#bytes[index]!, 2)
    return digits
  }
}

function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, '0')
}
