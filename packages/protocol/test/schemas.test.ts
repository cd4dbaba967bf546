import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as protocol from '../src/index.ts'

interface Schema {
  type?: string
  title?: string
  description?: string
  properties?: Record<string, Schema>
  items?: Schema
  anyOf?: Schema[]
  additionalProperties?: boolean | Schema
}

const schemas = Object.entries(protocol)
  .filter(([name]) => name.endsWith('Schema'))
  .map(([name, schema]) => [name.slice(0, -'Schema'.length), schema as Schema] as const)

const named = (pattern: RegExp) => schemas.filter(([name]) => pattern.test(name))

function undescribed(schema: Schema, path: string): string[] {
  const inner = [schema.items, schema.additionalProperties, ...(schema.anyOf ?? [])].filter(s => typeof s === 'object')
  return [
    ...Object.entries(schema.properties ?? {}).flatMap(([name, field]) => [
      ...(field.description ? [] : [`${path}.${name}`]),
      ...undescribed(field, `${path}.${name}`)
    ]),
    ...inner.flatMap(field => undescribed(field, path))
  ]
}

test('every field of every schema is described', () => {
  assert.ok(schemas.length >= 25)
  assert.deepEqual(
    schemas.flatMap(([name, schema]) => undescribed(schema, name)),
    []
  )
})

test('every request and reply carries its own name, for generated clients', () => {
  for (const [name, schema] of named(/Re(quest|ply)$/)) {
    assert.equal(schema.title, name)
    assert.ok(schema.description, name)
  }
})

test('requests take fields they do not know', () => {
  for (const [name, schema] of named(/Request$/)) {
    assert.equal(schema.additionalProperties, undefined, name)
  }
})
