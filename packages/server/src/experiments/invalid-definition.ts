import { MillraceError } from '@millrace/common'
import type { DefinitionFault } from '@millrace/engine'
import type { RequestFault } from '@millrace/protocol'
import { isObject } from '../documents/body-reader.ts'
import { failure, HttpError } from '../http/failure.ts'
import { nearest } from '../nearest.ts'
import type { FieldNames } from './field-names.ts'

type Place = DefinitionFault['place']

/** The most faults that one reply lists. */
const mostFaults = 100

/** What a field may be called that is shown. */
const longestName = 100

/**
 * The refusal of what somebody wants to configure, with every fault at the place that it has in the request.
 * @param what that is, for the message
 */
export function invalidDefinition(what: string, faults: readonly DefinitionFault[]): HttpError {
  const shown = faults.slice(0, mostFaults).map(({ place, message }) => ({ place: place.map(short), message }))
  const problems = shown.map(({ place, message }) => (place.length === 0 ? message : `${place.join('.')}: ${message}`))
  const more = faults.length > shown.length ? [`and ${faults.length - shown.length} more`] : []
  const message = `not a valid ${what}, nothing was changed: ${[...problems, ...more].join('; ')}`
  const detail = shown.map(({ place, message: msg }): RequestFault => ({
    type: 'value_error',
    loc: ['body', ...place],
    msg
  }))
  return new HttpError(failure('MILL_EXPERIMENT_INVALID', message, { details: { faults: shown, problems }, detail }))
}

function short(part: string | number): string | number {
  return typeof part === 'string' ? part.slice(0, longestName) : part
}

/**
 * Do what may find that a definition is wrong, and say so by the names that the request has.
 * @throws {HttpError} MILL_EXPERIMENT_INVALID
 */
export async function inNames<Result>(names: FieldNames, what: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    const faults = faultsIn(error)
    throw faults === undefined
      ? error
      : invalidDefinition(
          what,
          faults.map(fault => translated(fault, names))
        )
  }
}

function faultsIn(error: unknown): readonly DefinitionFault[] | undefined {
  if (!(error instanceof MillraceError) || error.code !== 'MILL_EXPERIMENT_INVALID') return undefined
  const { faults } = error.details
  return Array.isArray(faults) && faults.every(isFault) ? faults : undefined
}

function isFault(fault: unknown): fault is DefinitionFault {
  return isObject(fault) && Array.isArray(fault['place']) && typeof fault['message'] === 'string'
}

function translated({ place, message }: DefinitionFault, names: FieldNames): DefinitionFault {
  const inJson = names.toJson(place)
  const known = names.knownBeside(place)
  if (known === undefined) return { place: inJson, message: withoutPlace(message, place) }
  const meant = nearest(String(inJson.at(-1)), known)
  return { place: inJson, message: `unknown field${meant === undefined ? '' : `; did you mean ${meant}?`}` }
}

/** A message that does not begin by naming its own place, which it would by names inside. */
function withoutPlace(message: string, place: Place): string {
  const ends = place.map((_, index) => place.slice(index).join('.'))
  const named = ends.find(end => message.startsWith(`${end} `))
  return named === undefined ? message : message.slice(named.length + 1)
}
