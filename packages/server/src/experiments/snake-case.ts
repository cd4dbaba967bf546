import { isObject } from '../documents/body-reader.ts'

/** Fields whose keys are names that somebody gave, and no field names. */
const givenNames: ReadonlySet<string> = new Set(['overrides'])

/** What the engine noted, with its field names as JSON has them here: `minUnits` as `min_units`, `isSticky` as `sticky`. */
export function snakeCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCased)
  if (!isObject(value)) return value
  const fields = Object.entries(value).filter(([, inner]) => inner !== undefined)
  return Object.fromEntries(
    fields.map(([key, inner]) => [snakeName(key), givenNames.has(key) ? inner : snakeCased(inner)])
  )
}

function snakeName(key: string): string {
  if (!/^[a-z][a-zA-Z0-9]*$/.test(key)) return key
  return key.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`).replace(/^is_/, '')
}
