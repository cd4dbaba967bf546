import { isObject, own, refuse } from './body-reader.ts'

/** A text in the query of a URL; undefined without it. @throws {HttpError} MILL_REQUEST_INVALID when it is given twice */
export function queryText(query: unknown, key: string): string | undefined {
  const value = isObject(query) ? own(query, key) : undefined
  if (value === undefined || typeof value === 'string') return value
  return refuse({ type: 'string_type', loc: ['query', key], msg: 'Input should be given once' })
}
