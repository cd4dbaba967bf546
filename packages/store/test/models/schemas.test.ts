import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import * as fc from 'fast-check'
import Schema from 'typebox/schema'
import { jsonFaults, type JsonSchema } from '../../src/models/check-json.ts'
import { metadataSchema } from '../../src/models/metadata-schema.ts'
import { modelConfigSchema } from '../../src/models/model-config-schema.ts'

const published = {
  'model-metadata.schema.json': metadataSchema,
  'model-config.schema.json': modelConfigSchema
}

/** Values that a schema nearly holds for: of its own kind at every place, or anything, often at a limit. */
function nearly(schema: JsonSchema): fc.Arbitrary<unknown> {
  const anything = fc.oneof(
    fc.constantFrom<unknown>(null, true, '', 'all', 0, 1, -1, 2, 0.5, 1.5, [], {}, ['a'], { name: 'a' }, { latest: 1 }),
    fc.constantFrom('a'.repeat(64), 'A0'.repeat(32), 'g'.repeat(64), '2024-01-01', '2024-01-01T00:00:00Z', 'inline')
  )
  return fc.oneof({ arbitrary: ofKind(schema), weight: 9 }, { arbitrary: anything, weight: 1 })
}

function ofKind({ anyOf, properties = {}, additionalProperties, items, type }: JsonSchema): fc.Arbitrary<unknown> {
  if (anyOf !== undefined) return fc.oneof(...anyOf.map(nearly))
  if (type === 'array') return fc.array(items === undefined ? fc.jsonValue() : nearly(items), { maxLength: 3 })
  if (type === 'object') {
    const further = typeof additionalProperties === 'object' ? nearly(additionalProperties) : fc.constant(1)
    const known = Object.entries(properties).map(([key, value]) => [key, nearly(value)] as const)
    const record = fc
      .shuffledSubarray(known, { maxLength: Math.min(2, known.length) })
      .chain(some => fc.record(Object.fromEntries(some)) as fc.Arbitrary<object>)
    const extra = fc.dictionary(fc.constantFrom('more', '$schema', 'name', '1.0'), further, { maxKeys: 1 })
    return fc.tuple(record, extra).map(([one, other]) => ({ ...other, ...one }))
  }
  if (type === 'number') return fc.double({ min: -2, max: 2, noNaN: true })
  if (type === 'integer') return fc.integer({ min: -2, max: 3 })
  return type === 'null' ? fc.constant(null) : fc.constantFrom('a', 'all', 'thread', '2024-01-01', 'f'.repeat(64))
}

for (const [file, schema] of Object.entries(published)) {
  test(`${file} is published as it is checked`, () => {
    const path = join(import.meta.dirname, '../../../../docs/reference', file)
    const { $schema, title, ...rest } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
    assert.equal($schema, 'https://json-schema.org/draft/2020-12/schema')
    assert.equal(typeof title, 'string')
    assert.deepEqual(rest, schema)
  })

  test(`a file has faults exactly if another checker of JSON Schema refuses it by ${file}`, () => {
    const other = Schema.Compile(schema)
    const counts = { good: 0, bad: 0 }
    fc.assert(
      fc.property(nearly(schema), value => {
        const isGood = other.Check(value)
        counts[isGood ? 'good' : 'bad'] += 1
        assert.equal(jsonFaults(schema, value).length === 0, isGood)
      }),
      { numRuns: 2000 }
    )
    assert.ok(counts.good > 100 && counts.bad > 100, JSON.stringify(counts))
  })
}
