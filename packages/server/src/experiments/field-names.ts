import { isObject, type JsonObject } from '../documents/body-reader.ts'

type Place = readonly (string | number)[]

/** How the fields of an object are called in JSON, and inside. */
export interface FieldNamesOptions {
  /** Fields of the same name in both. */
  readonly same: readonly string[]
  /** Names inside by those in JSON. */
  readonly others?: Readonly<Record<string, string>>
  /** Fields, by their names in JSON, that hold an object or a list of objects. */
  readonly within?: Readonly<Record<string, FieldNames>>
}

/** Marks a field that nobody knows, so that it can never be taken for one that is called so inside. */
const unknownMark = '?'

/** Translates objects that somebody sends to those of the engine, and the places of faults back. */
export class FieldNames {
  readonly #inside: ReadonlyMap<string, string>
  readonly #json: ReadonlyMap<string, string>
  readonly #within: ReadonlyMap<string, FieldNames>

  constructor({ same, others = {}, within = {} }: FieldNamesOptions) {
    const names = [...same.map(name => [name, name] as const), ...Object.entries(others)]
    this.#inside = new Map(names)
    this.#json = new Map(names.map(([json, inside]) => [inside, json]))
    this.#within = new Map(Object.entries(within))
  }

  /** Names in JSON. */
  get known(): readonly string[] {
    return [...this.#inside.keys()]
  }

  /** What was sent, with the names inside. Unknown fields stay, under names that nobody knows. */
  toInside(sent: JsonObject): Readonly<Record<string, unknown>> {
    return Object.fromEntries(
      Object.entries(sent).map(([name, value]) => [
        this.#inside.get(name) ?? `${unknownMark}${name}`,
        this.#valueInside(name, value)
      ])
    )
  }

  #valueInside(name: string, value: unknown): unknown {
    const within = this.#within.get(name)
    if (within === undefined) return value
    const inner = (each: unknown): unknown => (isObject(each) ? within.toInside(each) : each)
    return Array.isArray(value) ? value.map(inner) : inner(value)
  }

  /** A place inside as it is called in JSON. */
  toJson([first, ...rest]: Place): Place {
    if (first === undefined) return []
    const name = typeof first === 'string' ? this.#jsonName(first) : first
    const within = this.#within.get(String(name))
    if (within === undefined) return [name, ...rest]
    const [index, ...inner] = rest
    return typeof index === 'number' ? [name, index, ...within.toJson(inner)] : [name, ...within.toJson(rest)]
  }

  #jsonName(name: string): string {
    return name.startsWith(unknownMark) ? name.slice(unknownMark.length) : (this.#json.get(name) ?? name)
  }

  /** Names that are known where an unknown field stands; undefined where a place leads to a field that is known. */
  knownBeside(place: Place): readonly string[] | undefined {
    const [first, ...rest] = place
    if (typeof first !== 'string') return undefined
    if (rest.length === 0) return first.startsWith(unknownMark) ? this.known : undefined
    const inner = typeof rest[0] === 'number' ? rest.slice(1) : rest
    return this.#within.get(this.#jsonName(first))?.knownBeside(inner)
  }
}
