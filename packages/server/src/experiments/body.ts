import { isObject, type JsonObject, refuse } from '../documents/body-reader.ts'
import { wrongTypeFault } from '../http/faults.ts'

/** The object that a request has to bring. @throws {HttpError} MILL_REQUEST_INVALID */
export function objectIn(body: unknown): JsonObject {
  return isObject(body) ? body : refuse(wrongTypeFault(['body'], 'object', body))
}
