import type { RequestFault } from '@millrace/protocol'

/** One finding of the validator (Ajv), with the value it is about. */
export interface ValidationProblem {
  keyword: string
  instancePath: string
  /** Where the rule is in the schema, such as `#/properties/rows/items/required`. */
  schemaPath: string
  params: Record<string, unknown>
  data?: unknown
}

/** Where a fault is: body or path, then the names and positions that lead there. */
export type FaultPlace = RequestFault['loc']

/** The most faults one reply lists. */
export const mostFaults = 20
/** The longest text that is repeated to the client. */
const longestEcho = 100

/** Findings of the validator in the form FastAPI clients read. */
export function faultsOf(problems: readonly ValidationProblem[], part: 'body' | 'path'): RequestFault[] {
  return problems.slice(0, mostFaults).map(problem => {
    const loc = [part, ...pathOf(problem)]
    if (problem.keyword === 'required') return missing([...loc, String(problem.params['missingProperty'])])
    if (problem.data === null && problem.instancePath === '') return missing(loc)
    return faultWith(loc, kindOf(problem), problem.data)
  })
}

/** A value of another type than a JSON schema wants, such as `number`, or `string,null`. */
export function wrongTypeFault(loc: FaultPlace, wanted: string, value: unknown): RequestFault {
  return faultWith(loc, wrongType(wanted, value), value)
}

function faultWith(loc: FaultPlace, [type, msg]: [type: string, msg: string], value: unknown): RequestFault {
  const input = echo(value)
  return input === undefined ? { type, loc, msg } : { type, loc, msg, input }
}

/** Names and positions that lead to the fault; both are text in a JSON pointer, and only the schema tells them apart. */
function pathOf({ instancePath, schemaPath }: ValidationProblem): FaultPlace {
  const tokens = instancePath.split('/').slice(1).map(unescape)
  const [, ...rules] = schemaPath.split('/')
  return tokens.map(token => {
    const rule = rules.shift()
    if (rule === 'properties') rules.shift()
    return rule === 'items' ? Number(token) : token
  })
}

/** One fault as a sentence: `body.value: Field required`. */
export function inWords({ loc, msg }: RequestFault): string {
  return `${loc.join('.')}: ${msg}`
}

/** A field that must be there. */
export function missing(loc: FaultPlace): RequestFault {
  return { type: 'missing', loc, msg: 'Field required' }
}

function kindOf({ keyword, params, data }: ValidationProblem): [type: string, msg: string] {
  switch (keyword) {
    case 'type':
      return wrongType(String(params['type']), data)
    case 'minimum':
      return ['greater_than_equal', `Input should be greater than or equal to ${String(params['limit'])}`]
    case 'maximum':
      return ['less_than_equal', `Input should be less than or equal to ${String(params['limit'])}`]
    case 'minLength':
      return ['string_too_short', `String should have at least ${charactersOf(params)}`]
    case 'maxLength':
      return ['string_too_long', `String should have at most ${charactersOf(params)}`]
    case 'enum':
      return ['enum', `Input should be one of ${(params['allowedValues'] as unknown[]).join(', ')}`]
    default:
      return ['value_error', `Input does not satisfy ${keyword}`]
  }
}

function charactersOf({ limit }: Record<string, unknown>): string {
  return `${String(limit)} ${limit === 1 ? 'character' : 'characters'}`
}

function wrongType(wanted: string, data: unknown): [type: string, msg: string] {
  // JSON has no infinities, but a number such as 1e400 becomes one.
  if (typeof data === 'number' && !Number.isFinite(data)) return ['finite_number', 'Input should be a finite number']
  switch (wanted.replace(/,null$/, '')) {
    case 'number':
      return ['float_type', 'Input should be a valid number']
    case 'integer':
      return ['int_type', 'Input should be a valid integer']
    case 'string':
      return ['string_type', 'Input should be a valid string']
    case 'string,integer':
      return ['string_type', 'Input should be a valid string or integer']
    case 'array':
      return ['list_type', 'Input should be a valid list']
    case 'boolean':
      return ['bool_type', 'Input should be a valid boolean']
    case 'object':
      return ['dict_type', 'Input should be a valid dictionary']
    default:
      return ['type_error', `Input should be a valid ${wanted}`]
  }
}

/** The offending value, if it is short enough to repeat and JSON can say it. */
function echo(value: unknown): unknown {
  if (typeof value === 'string') return value.length <= longestEcho ? value : undefined
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  return typeof value === 'boolean' || value === null ? value : undefined
}

/** A token of a JSON pointer (RFC 6901), cut where it is too long to repeat. */
function unescape(token: string): string {
  return token.slice(0, longestEcho).replaceAll('~1', '/').replaceAll('~0', '~')
}
