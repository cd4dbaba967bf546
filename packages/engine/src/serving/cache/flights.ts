import type { NamedTensor } from '@millrace/runtime'
import { tagOf } from './answer-entries.ts'

/** An answer that is on its way. */
export interface Flight {
  readonly key: string
  readonly outputs: Promise<readonly NamedTensor[]>
  /** Of those with the same place. */
  next: Flight | undefined
}

const places = 256

/**
 * The answers that are on their way, by the keys of their questions. A hash table with lists, because a `Map` that is
 * always being added to and deleted from is made anew again and again, and each that is left behind keeps what was last
 * in it, and the next one, from the garbage collector: answers that were forgotten long ago.
 */
export class Flights {
  readonly #first: (Flight | undefined)[] = Array.from({ length: places }, () => undefined)

  get(key: string): Flight | undefined {
    let flight = this.#first[placeOf(key)]
    while (flight !== undefined && flight.key !== key) flight = flight.next
    return flight
  }

  /** Add one whose key none has. */
  add(key: string, outputs: Promise<readonly NamedTensor[]>): Flight {
    const place = placeOf(key)
    const flight: Flight = { key, outputs, next: this.#first[place] }
    this.#first[place] = flight
    return flight
  }

  delete(flight: Flight): void {
    const place = placeOf(flight.key)
    let before = this.#first[place]
    if (before === flight) this.#first[place] = flight.next
    else {
      while (before !== undefined && before.next !== flight) before = before.next
      if (before !== undefined) before.next = flight.next
    }
    flight.next = undefined
  }
}

const placeOf = (key: string): number => tagOf(key) % places
