import { MillraceError } from '@millrace/common'

/** An object of parsed JSON. */
export type JsonObject = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Builds the error for a request that is not as the protocol says. */
export function invalid(message: string): MillraceError {
  return new MillraceError('MILL_INPUT_INVALID', message)
}

/** @throws {MillraceError} MILL_INPUT_INVALID unless the field holds a text that is not empty */
export function textIn(object: JsonObject, key: string, where: string): string {
  const value = object[key]
  if (typeof value === 'string' && value !== '') return value
  throw invalid(`${where} must have a text '${key}'`)
}

/** Undefined for a field that is absent or null. @throws {MillraceError} MILL_INPUT_INVALID for anything but a list */
export function listIn(object: JsonObject, key: string, where: string): readonly unknown[] | undefined {
  const value = object[key]
  if (value === undefined || value === null) return undefined
  if (Array.isArray(value)) return value
  throw invalid(`'${key}' of ${where} must be a list`)
}

/** Undefined for a field that is absent or null. @throws {MillraceError} MILL_INPUT_INVALID for anything but an object */
export function objectIn(object: JsonObject, key: string, where: string): JsonObject | undefined {
  const value = object[key]
  if (value === undefined || value === null) return undefined
  if (isObject(value)) return value
  throw invalid(`'${key}' of ${where} must be an object`)
}
