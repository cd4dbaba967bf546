import { invalid, type JsonObject } from '../json-fields.ts'

/** What is known of the keys of a message, written as Triton writes them. */
export interface Known {
  /** Those that hold. */
  readonly keys: ReadonlySet<string>
  /** Those that make no difference here. */
  readonly ignoredKeys?: ReadonlySet<string>
  /** Those that would make one, and are not supported: they may say nothing. */
  readonly refusedKeys?: ReadonlySet<string>
}

const none: ReadonlySet<string> = new Set()

/**
 * The keys of a message of protobuf in JSON that hold; they may come in camel case.
 * @throws {MillraceError} MILL_INPUT_INVALID naming a key that is unknown or not supported
 */
export function messageIn(
  message: JsonObject,
  where: string,
  { keys, ignoredKeys = none, refusedKeys = none }: Known
): JsonObject {
  const held: [string, unknown][] = []
  for (const [given, value] of Object.entries(message)) {
    const key = given.replaceAll(/[A-Z]/g, capital => `_${capital.toLowerCase()}`)
    if (keys.has(key)) held.push([key, value])
    else if (refusedKeys.has(key)) {
      if (!isNothing(value)) throw invalid(`'${given}' of ${where} is not supported`)
    } else if (!ignoredKeys.has(key)) throw invalid(`${where} has no key '${given}'`)
  }
  return Object.fromEntries(held)
}

const deepest = 20

/** Whether a value says nothing that would not hold without it: the default of its type, or a message of such. */
export function isNothing(value: unknown, depth = 0): boolean {
  if (value === undefined || value === null || value === false || value === '' || value === 0) return true
  if (typeof value !== 'object' || depth > deepest) return false
  return Object.values(value).every(each => isNothing(each, depth + 1))
}

/**
 * Undefined for a field that is absent. Integers of 64 bits are texts in the JSON of protobuf.
 * @throws {MillraceError} MILL_INPUT_INVALID
 */
export function integerIn(message: JsonObject, key: string, least: number): number | undefined {
  const value = message[key]
  if (value === undefined || value === null) return undefined
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= least) return number
  throw wrong(key, `an integer >= ${least}`, value)
}

/** Builds the error for a key that is not as it must be. */
export function wrong(key: string, must: string, got: unknown): Error {
  return invalid(`'${key}' of the configuration must be ${must}, got ${shown(got)}`)
}

const longestShown = 100

function shown(value: unknown): string {
  const text = typeof value === 'object' && value !== null ? 'something else' : JSON.stringify(value)
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text
}
