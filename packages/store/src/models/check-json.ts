/** The part of JSON Schema (2020-12) that the files of a model repository need. */
export interface JsonSchema {
  readonly type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'null'
  readonly const?: string
  readonly enum?: readonly string[]
  /** What a value has to be, as in "must be a share from 0 to 1". */
  readonly title?: string
  /** What it is for. */
  readonly description?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly pattern?: string
  readonly items?: JsonSchema
  readonly minItems?: number
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly minProperties?: number
  readonly maxProperties?: number
  /** What further keys hold; `false` for none. */
  readonly additionalProperties?: JsonSchema | false
  readonly anyOf?: readonly JsonSchema[]
}

/** Most faults that are told of one file. */
const mostFaults = 20

/**
 * Check a parsed file against its schema. A schema this small needs no compiler: start-up time is worth more.
 * @param path where the value is, for the faults; empty for the whole file
 * @returns a sentence for each fault, at most 20; none when all is well
 */
export function jsonFaults(schema: JsonSchema, value: unknown, path = ''): string[] {
  const faults = schema.anyOf === undefined ? plainFaults(schema, value, path) : choiceFaults(schema, value, path)
  return faults.slice(0, mostFaults)
}

/** Of several forms, the faults are told of the one that the value was meant to have, if that can be seen. */
function choiceFaults(schema: JsonSchema, value: unknown, path: string): string[] {
  const meant = schema.anyOf!.filter(choice => isMeant(choice, value))
  const faults = meant.map(choice => jsonFaults(choice, value, path))
  if (faults.some(one => one.length === 0)) return []
  return faults.length === 1 ? faults[0]! : [fault(path, wanted(schema), value)]
}

function isMeant(choice: JsonSchema, value: unknown): boolean {
  if (!hasType(choice.type, value) || !isConst(choice, value)) return false
  return choice.required === undefined || (isObject(value) && choice.required.every(key => Object.hasOwn(value, key)))
}

function plainFaults(schema: JsonSchema, value: unknown, path: string): string[] {
  if (!hasType(schema.type, value) || !isConst(schema, value)) return [fault(path, wanted(schema), value)]
  if (typeof value === 'string') return isText(schema, value) ? [] : [fault(path, wanted(schema), value)]
  if (typeof value === 'number') return isWithin(schema, value) ? [] : [fault(path, wanted(schema), value)]
  if (Array.isArray(value)) return listFaults(schema, value, path)
  return isObject(value) ? objectFaults(schema, value, path) : []
}

function isText({ minLength = 0, pattern }: JsonSchema, value: string): boolean {
  return value.length >= minLength && (pattern === undefined || new RegExp(pattern, 'u').test(value))
}

function isWithin({ minimum = -Infinity, maximum = Infinity }: JsonSchema, value: number): boolean {
  return value >= minimum && value <= maximum
}

function listFaults({ items, minItems = 0 }: JsonSchema, value: readonly unknown[], path: string): string[] {
  if (value.length < minItems) return [`${path} must have ${minItems} or more entries, got ${value.length}`]
  return items === undefined ? [] : value.flatMap((item, index) => jsonFaults(items, item, `${path}[${index}]`))
}

function objectFaults(schema: JsonSchema, value: Record<string, unknown>, path: string): string[] {
  const { properties = {}, additionalProperties, required = [], minProperties = 0, maxProperties = Infinity } = schema
  const entries = Object.entries(value)
  const faults = required.filter(key => !Object.hasOwn(value, key)).map(key => `${join(path, key)} is missing`)
  if (entries.length < minProperties || entries.length > maxProperties) faults.push(fault(path, wanted(schema), value))
  for (const [key, entry] of entries) {
    const known = Object.hasOwn(properties, key) ? properties[key] : additionalProperties
    if (known === false) faults.push(`${join(path, key)} is not known, use ${Object.keys(properties).join(', ')}`)
    else if (known !== undefined) faults.push(...jsonFaults(known, entry, join(path, key)))
  }
  return faults
}

function hasType(type: JsonSchema['type'], value: unknown): boolean {
  if (type === undefined) return true
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return isObject(value)
  if (type === 'integer') return Number.isInteger(value)
  return type === 'number' ? Number.isFinite(value) : typeof value === 'string'
}

function isConst(schema: JsonSchema, value: unknown): boolean {
  if (schema.const !== undefined) return value === schema.const
  return schema.enum === undefined || (typeof value === 'string' && schema.enum.includes(value))
}

/** Whether a parsed value is an object, neither a list nor null. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function join(path: string, key: string): string {
  const isPlain = /^\w[\w-]*$/.test(key)
  const step = isPlain ? key : `[${JSON.stringify(key)}]`
  return path === '' || !isPlain ? path + step : `${path}.${step}`
}

function fault(path: string, must: string, value: unknown): string {
  return `${path === '' ? 'the file' : path} must be ${must}, got ${shown(value)}`
}

/** What a schema asks for, in words. */
function wanted(schema: JsonSchema): string {
  if (schema.title !== undefined) return schema.title
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum !== undefined) return schema.enum.map(one => JSON.stringify(one)).join(' or ')
  if (schema.anyOf !== undefined) return schema.anyOf.map(wanted).join(' or ')
  return {
    object: 'an object',
    array: 'a list',
    string: 'text',
    number: 'a number',
    integer: 'an integer',
    null: 'null'
  }[schema.type ?? 'null']
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (isObject(value)) return 'an object'
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
