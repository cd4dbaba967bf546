import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  DataPredictRequestSchema,
  ListPredictRequestSchema,
  RequestsBatchRequestSchema,
  wineFeatureNames,
  WineFeaturesSchema,
  WinePredictRequestSchema
} from '@millrace/protocol'
import * as fc from 'fast-check'
import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { BodyReader, isObject, type JsonObject } from '../../src/documents/body-reader.ts'
import { readData } from '../../src/documents/data-answer.ts'
import { readList } from '../../src/documents/list-answer.ts'
import { introductionIn, versionIn } from '../../src/documents/reply-parts.ts'
import { readWine } from '../../src/documents/wine-answer.ts'

const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(0, -0, 1e300, 86_400, 86_401))
const scalar = fc.oneof({ weight: 6, arbitrary: number }, fc.string(), fc.boolean(), fc.constant(null))
const value = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 4 }),
  fc.array(fc.array(scalar, { maxLength: 3 })),
  fc.jsonValue()
)
const rows = fc.oneof({ weight: 3, arbitrary: fc.array(fc.array(number, { minLength: 1 }), { minLength: 1 }) }, value)

const id = fc.oneof(
  fc.constantFrom('', 'a', ...['a', '😀'].flatMap(each => [each.repeat(256), each.repeat(257)]), null),
  value
)

const options = {
  use_cache: fc.oneof(fc.boolean(), value),
  cache_ttl: fc.oneof(fc.constantFrom(0, 1, 86_400, 86_401, 1.5), fc.integer({ min: 1, max: 86_400 }), value),
  use_ab_testing: fc.oneof(fc.boolean(), value),
  model_version: fc.oneof(fc.string({ minLength: 1 }), fc.constant(null), value),
  request_id: id,
  unit_id: id
}

/** What is said of a body by the reader, and by the schema that the documents of the API tell. */
function agree(schema: TSchema, body: unknown, read: (reader: BodyReader, body: JsonObject) => void): void {
  const reader = new BodyReader()
  read(reader, reader.object(body, ['body']))
  const isRead = !throws(() => reader.throwIfFaulty())
  assert.equal(isRead, Value.Check(schema, body), JSON.stringify(body))
}

function throws(act: () => void): boolean {
  try {
    act()
    return false
  } catch {
    return true
  }
}

/** Empty rows and versions without a letter are for the models to refuse. */
function isForModels(body: unknown): boolean {
  if (!isObject(body)) return false
  const { data, model_version } = body as { data?: unknown; model_version?: unknown }
  return (
    model_version === '' ||
    (Array.isArray(data) && (data.length === 0 || data.some(row => Array.isArray(row) && row.length === 0)))
  )
}

test('a body with data is read as its schema says', () => {
  const good = fc.constant([[1]])
  const body = fc.oneof(
    { weight: 3, arbitrary: fc.record({ data: good, ...options }, { requiredKeys: ['data'] }) },
    fc.record({ data: rows, ...options }, { requiredKeys: [] }),
    value
  )
  fc.assert(
    fc.property(body, each => {
      fc.pre(!isForModels(each))
      agree(DataPredictRequestSchema, each, (reader, given) => void readData(reader, given, ['body']))
    }),
    { numRuns: 500 }
  )
})

test('what cannot become a number or text is a fault like any other', () => {
  const odd = [{ toString: 0 }]
  for (const key of ['cache_ttl', 'use_cache', 'model_version', 'request_id', 'unit_id']) {
    agree(
      DataPredictRequestSchema,
      { data: [[1]], [key]: odd },
      (reader, given) => void readData(reader, given, ['body'])
    )
  }
})

test('a body with a list is read as its schema says', () => {
  const list = fc.oneof({ weight: 3, arbitrary: fc.array(number) }, value)
  fc.assert(
    fc.property(fc.record({ features: list, ...options }, { requiredKeys: ['features'] }), body => {
      fc.pre(!isForModels(body))
      agree(ListPredictRequestSchema, body, readList)
    })
  )
})

test('a wine is read as its schema says', () => {
  const all = Object.fromEntries(wineFeatureNames.map(name => [name, number]))
  const wine = fc.oneof(
    { weight: 3, arbitrary: fc.record(all) },
    fc.record({ ...all, ph: scalar }, { requiredKeys: [] }),
    value.filter(each => !Array.isArray(each))
  )
  fc.assert(
    fc.property(fc.record({ wine_features: wine, ...options }, { requiredKeys: [] }), body => {
      fc.pre(!isForModels(body))
      agree(WinePredictRequestSchema, body, (reader, given) => {
        readWine(reader, given['wine_features'], ['body', 'wine_features'])
        versionIn(reader, given, ['body'])
        introductionIn(reader, given, ['body'])
      })
    })
  )
  assert.deepEqual(Object.keys(WineFeaturesSchema.properties), wineFeatureNames)
})

test('a batch takes what a request takes, one to a hundred times', () => {
  const requests = RequestsBatchRequestSchema.properties.requests as unknown as Record<string, unknown>
  assert.equal(requests['items'], DataPredictRequestSchema)
  assert.deepEqual([requests['minItems'], requests['maxItems']], [1, 100])
})
