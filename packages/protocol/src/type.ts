import type { Type as TypeBox } from 'typebox'

export type { Static, TSchema } from 'typebox'

/** Marks the schema of a property that may be missing; unseen by whatever reads the schema. */
const optional = Symbol('optional')

type Schema = Readonly<Record<string, unknown>> & { readonly [optional]?: true }
type Options = Readonly<Record<string, unknown>>

const builders = {
  Array: (items: Schema, options: Options = {}): Schema => ({ type: 'array', items, ...options }),
  Boolean: (options: Options = {}): Schema => ({ type: 'boolean', ...options }),
  Integer: (options: Options = {}): Schema => ({ type: 'integer', ...options }),
  Literal: (value: string | number | boolean, options: Options = {}): Schema => ({
    type: typeof value,
    const: value,
    ...options
  }),
  Null: (options: Options = {}): Schema => ({ type: 'null', ...options }),
  Number: (options: Options = {}): Schema => ({ type: 'number', ...options }),
  Object: (properties: Readonly<Record<string, Schema>>, options: Options = {}): Schema => {
    const required = Object.keys(properties).filter(name => properties[name]![optional] === undefined)
    return { type: 'object', ...(required.length > 0 && { required }), properties, ...options }
  },
  Optional: (schema: Schema): Schema => Object.defineProperty({ ...schema }, optional, { value: true }),
  String: (options: Options = {}): Schema => ({ type: 'string', ...options }),
  Union: (anyOf: readonly Schema[], options: Options = {}): Schema => ({ anyOf, ...options }),
  Unknown: (options: Options = {}): Schema => ({ ...options }),
  Unsafe: (schema: Options): Schema => ({ ...schema })
}

/**
 * The builders of TypeBox that are used here: its types, and the plain JSON schemas that it makes of them. TypeBox itself
 * is 370 modules, most of them for what is not used here, which took a sixth of each start and 20 MB.
 */
export const Type = builders as unknown as Pick<typeof TypeBox, keyof typeof builders>
