import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Type as TypeBox } from 'typebox'
import { Type } from '../src/type.ts'

type Builders = typeof Type

/** One schema of each kind, with options and without, made by given builders. */
const makers: Record<keyof Builders, (type: Builders) => unknown[]> = {
  Array: type => [type.Array(type.Number()), type.Array(type.String(), { minItems: 1, description: 'names' })],
  Boolean: type => [type.Boolean(), type.Boolean({ default: true })],
  Integer: type => [type.Integer(), type.Integer({ minimum: 1, maximum: 9 })],
  Literal: type => [type.Literal('ok'), type.Literal(7), type.Literal(true, { description: 'always' })],
  Null: type => [type.Null(), type.Null({ description: 'never known' })],
  Number: type => [type.Number(), type.Number({ exclusiveMinimum: 0 })],
  Object: type => [
    type.Object({}),
    type.Object({ a: type.Number(), b: type.Optional(type.String()), c: type.Boolean() }),
    type.Object({ a: type.Optional(type.Number()) }, { additionalProperties: false, title: 'A' }),
    type.Object({ inner: type.Object({ deep: type.Optional(type.Integer({ default: 3 })) }) })
  ],
  Optional: type => [type.Optional(type.Array(type.Number(), { maxItems: 2 }))],
  String: type => [type.String(), type.String({ minLength: 1, pattern: '^a', examples: ['abc'] })],
  Union: type => [
    type.Union([type.Number(), type.Null()]),
    type.Union([type.String(), type.Integer()], { title: 'Id' })
  ],
  Unknown: type => [type.Unknown(), type.Unknown({ description: 'anything' })],
  Unsafe: type => [type.Unsafe<'a' | 'b'>({ type: 'string', enum: ['a', 'b'] })]
}

describe('schemas are those of TypeBox, key by key in the same order', () => {
  for (const [kind, make] of Object.entries(makers)) {
    test(kind, () => assert.equal(JSON.stringify(make(Type)), JSON.stringify(make(TypeBox))))
  }
})

test('a schema that is optional in one object is required in another', () => {
  const name = Type.String()
  assert.deepEqual(Type.Object({ name: Type.Optional(name) }).required, undefined)
  assert.deepEqual(Type.Object({ name }).required, ['name'])
})
