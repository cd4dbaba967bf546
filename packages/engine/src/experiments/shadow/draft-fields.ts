import type { DefinitionFault } from '../experiments.ts'

type Place = readonly (string | number)[]

/** What a number of a draft may be. */
export interface NumberRule {
  readonly least: number
  readonly most: number
  readonly fallback: number
  readonly isWhole?: boolean
}

/** Characters of a wrong value that are shown. */
const longestShown = 60

/** Reads the fields of something that somebody wants to configure, and gathers all that is wrong with it. */
export class DraftFields {
  readonly faults: DefinitionFault[]
  readonly #fields: Readonly<Record<string, unknown>>
  readonly #place: Place

  /**
   * @param known names of all fields that there are; each other one is a fault
   * @param within where the fields are, and the list that faults go to; a list of its own unless given
   */
  constructor(
    fields: Readonly<Record<string, unknown>>,
    known: readonly string[],
    within: { place: Place; faults: DefinitionFault[] } = { place: [], faults: [] }
  ) {
    this.#fields = fields
    this.#place = within.place
    this.faults = within.faults
    for (const key of Object.keys(fields)) if (!known.includes(key)) this.refuse([key], 'is not known')
  }

  /** What was given; undefined for nothing and for null. */
  given(key: string): unknown {
    return this.#fields[key] ?? undefined
  }

  /** @param place of what is wrong, from these fields on */
  refuse(place: Place, message: string): void {
    this.faults.push({ place: [...this.#place, ...place], message: `${place.join('.')} ${message}` })
  }

  /** A text; `fallback`, or an empty one and a fault, where none was given. */
  text(key: string, fallback?: string): string {
    const value = this.given(key) ?? fallback
    if (typeof value === 'string' && value !== '') return value
    this.refuse([key], value === undefined ? 'is missing' : `must be a text, got ${shown(value)}`)
    return ''
  }

  optionalText(key: string): string | undefined {
    return this.given(key) === undefined ? undefined : this.text(key)
  }

  number(key: string, { least, most, fallback, isWhole = false }: NumberRule): number {
    const value = this.given(key) ?? fallback
    const isGood = typeof value === 'number' && value >= least && value <= most
    if (isGood && (!isWhole || Number.isInteger(value))) return value
    this.refuse([key], `must be a ${isWhole ? 'whole ' : ''}number from ${least} to ${most}, got ${shown(value)}`)
    return fallback
  }

  boolean(key: string, fallback: boolean): boolean {
    const value = this.given(key) ?? fallback
    if (typeof value === 'boolean') return value
    this.refuse([key], `must be true or false, got ${shown(value)}`)
    return fallback
  }

  /** An id: 1 to 64 lower-case letters, digits, `_` and `-`. */
  id(key: string, fallback: string): string {
    const id = this.text(key, fallback)
    if (id !== '' && !/^[a-z0-9_-]{1,64}$/.test(id)) {
      this.refuse([key], `must be 1 to 64 lower-case letters, digits, _ and -, got ${shown(id)}`)
    }
    return id
  }
}

/** A value in a message. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? typeof value)
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text
}

/** An id made of names: what cannot be in an id becomes `-`. */
export function idOf(...names: readonly string[]): string {
  const id = names
    .join('-')
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '-')
    .slice(0, 64)
  return id === '' ? '-' : id
}
