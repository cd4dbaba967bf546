import { readJson } from './json-text.ts'
import { bodyOf } from './raw-bodies.ts'
import { invalid, isObject, type JsonObject } from './json-fields.ts'

const nothing: JsonObject = {}

/**
 * A small body as a JSON object; an empty one has no fields.
 * @throws {HttpError} MILL_JSON_INVALID
 * @throws {MillraceError} MILL_INPUT_INVALID for JSON of another kind
 */
export function bodyObject(given: unknown): JsonObject {
  const body = bodyOf({ body: given })
  const value = body.length === 0 ? nothing : readJson(body, parsed => parsed)
  if (isObject(value)) return value
  throw invalid('the body must be a JSON object')
}
