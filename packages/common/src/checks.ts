import { MillraceError } from './errors.ts'

/**
 * The largest magnitude a feature or target may have. Squares of such numbers, and any realistic sum of those, stay
 * far inside the range of a double, so no statistic of a learner can overflow.
 */
export const largestMagnitude = 1e100

/** Characters of a refused text in an error's message. */
const longestShown = 60

/** @throws {MillraceError} MILL_VALUE_NOT_FINITE or MILL_VALUE_OUT_OF_RANGE unless `value` can be learned from */
export function learnable(name: string, value: number): number {
  // One comparison on the usual path; NaN fails it too.
  if (typeof value === 'number' && Math.abs(value) <= largestMagnitude) return value
  throw valueError(name, value)
}

function valueError(name: string, value: unknown): MillraceError {
  if (typeof value === 'number' && Number.isFinite(value)) {
    return new MillraceError('MILL_VALUE_OUT_OF_RANGE', `${name} must be within ±${largestMagnitude}`, {
      details: { name }
    })
  }
  return new MillraceError('MILL_VALUE_NOT_FINITE', `${name} must be a finite number, got ${describe(value)}`, {
    details: { name }
  })
}

/** A computed number that must be finite before it enters a state. @throws {MillraceError} MILL_VALUE_NOT_FINITE */
export function finite(name: string, value: number): number {
  if (Number.isFinite(value)) return value
  throw new MillraceError('MILL_VALUE_NOT_FINITE', `${name} is not finite`, { details: { name } })
}

/** @throws {MillraceError} MILL_OPTION_INVALID unless `value` is a finite number > 0 */
export function positive(name: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value
  throw optionError(name, 'a finite number > 0', value)
}

/** @throws {MillraceError} MILL_OPTION_INVALID unless `value` is a finite number >= 0 */
export function nonNegative(name: string, value: number): number {
  if (Number.isFinite(value) && value >= 0) return value
  throw optionError(name, 'a finite number >= 0', value)
}

/** @throws {MillraceError} MILL_OPTION_INVALID unless `value` is a safe integer from `lowest` to `highest` */
export function integerWithin(
  name: string,
  value: number,
  lowest: number,
  highest: number = Number.MAX_SAFE_INTEGER
): number {
  if (Number.isSafeInteger(value) && value >= lowest && value <= highest) return value
  const range = highest === Number.MAX_SAFE_INTEGER ? `>= ${lowest}` : `from ${lowest} to ${highest}`
  throw optionError(name, `an integer ${range}`, value)
}

/** @throws {MillraceError} MILL_OPTION_INVALID unless `value` is one of `choices` */
export function oneOf<Choice extends string>(name: string, value: string, choices: readonly Choice[]): Choice {
  const found = choices.find(choice => choice === value)
  if (found !== undefined) return found
  throw optionError(name, `one of ${choices.join(', ')}`, value)
}

/** Builds the error for an option that is not what it must be. */
export function optionError(name: string, wanted: string, got: unknown): MillraceError {
  return new MillraceError('MILL_OPTION_INVALID', `${name} must be ${wanted}, got ${describe(got)}`, {
    details: { name }
  })
}

/** Text may be anything that a request holds; only its beginning is shown. */
function describe(value: unknown): string {
  if (typeof value === 'string') return value.length > longestShown ? `${value.slice(0, longestShown)}…` : value
  return typeof value === 'number' ? String(value) : typeof value
}
