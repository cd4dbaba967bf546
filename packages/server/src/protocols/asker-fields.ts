import { longestUnitId } from '@millrace/protocol'
import { isUnitId, type Names } from '../http/who-asks.ts'
import { invalid, isObject, type JsonObject } from './json-fields.ts'
import { unusualNumber } from './json-text.ts'

/** What a request says of who asks. */
export interface Introduction extends Names {
  /** False for a request that takes no part in experiments. */
  readonly mayExperiment: boolean | undefined
}

/**
 * Reads `unit_id`, `request_id` and `use_ab_testing` of an object; of anything else, nothing.
 * @throws {MillraceError} MILL_INPUT_INVALID
 */
export function introductionOf(value: unknown): Introduction {
  if (!isObject(value)) return { mayExperiment: undefined }
  return { unitId: unitIdIn(value), id: idIn(value, 'request_id'), mayExperiment: mayExperimentIn(value) }
}

/** Who asks; undefined where the request does not say. @throws {MillraceError} MILL_INPUT_INVALID */
export function unitIdIn(object: JsonObject): string | undefined {
  return idIn(object, 'unit_id')
}

/** Undefined where the request does not say. @throws {MillraceError} MILL_INPUT_INVALID */
export function mayExperimentIn({ use_ab_testing: value }: JsonObject): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value
  throw invalid("the parameter 'use_ab_testing' must be true or false")
}

function idIn(object: JsonObject, key: 'unit_id' | 'request_id'): string | undefined {
  const value = object[key]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string' && isUnitId(value) && unusualNumber(value) === undefined) return value
  throw invalid(`the parameter '${key}' must be a text of 1 to ${longestUnitId} characters`)
}
