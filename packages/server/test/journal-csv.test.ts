import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Features } from '@millrace/online'
import { columnNames, JournalCsv } from '../src/cli/journal-csv.ts'

/** Observations as lines of CSV, the first at position 1 and at the first second of 1970. */
function linesOf(...observations: { id?: string; predictionId?: string; features: Features; target: number }[]) {
  const csv = new JournalCsv()
  const exported = observations.map(({ id, predictionId, features, target }, index) => ({
    sequence: index + 1,
    time: 1000 * (index + 1),
    observation: {
      kind: 'observation' as const,
      observationId: id,
      labelled: predictionId === undefined ? undefined : { predictionId, prediction: 0 },
      features,
      target
    }
  }))
  for (const { observation } of exported) csv.gather(observation)
  return [csv.header(), ...exported.map(one => csv.row(one))].map(fields => fields.join(','))
}

test('features that come and go leave empty cells', () => {
  assert.deepEqual(linesOf({ features: { a: 1 }, target: 2 }, { features: { b: -0, a: 1e-7 }, target: 1e21 }), [
    'sequence,time,a,b,target',
    '#1,1970-01-01T00:00:01.000Z,1,,2',
    '#2,1970-01-01T00:00:02.000Z,1e-7,-0,1e+21'
  ])
})

test('ids have columns where there are any, and none of them looks like a number or like nothing', () => {
  const ids = ['plain', '12', '-', ' ', '0x1f', 'say "x"', '"x"', 'a,b', 'two\nlines', undefined]
  const lines = linesOf(...ids.map(id => ({ ...(id !== undefined && { id }), features: {}, target: 0 })))
  assert.equal(lines[0], 'sequence,time,observation_id,target')
  assert.deepEqual(
    lines.slice(1).map(line => line.slice('#1,1970-01-01T00:00:01.000Z,'.length, -',0'.length).replace(/^,/, '')),
    [
      'plain',
      '"""12"""',
      '"""-"""',
      '""" """',
      '"""0x1f"""',
      '"say ""x"""',
      String.raw`"""\""x\"""""`,
      '"a,b"',
      String.raw`"""two\nlines"""`,
      '-'
    ]
  )
  assert.deepEqual(linesOf({ predictionId: 'p', features: {}, target: 1 }), [
    'sequence,time,prediction_id,target',
    '#1,1970-01-01T00:00:01.000Z,p,1'
  ])
})

test('a feature whose name a column cannot have, or that is taken, gets a name of its own', () => {
  assert.deepEqual(columnNames(['x', 'target', 'sequence', '__proto__']), [
    'x',
    'feature:target',
    'feature:sequence',
    '__proto__'
  ])
  assert.deepEqual(columnNames([' x', 'x', '', 'feature:x', 'x ']), [
    'feature:x:2',
    'x',
    'feature:',
    'feature:x',
    'feature:x:3'
  ])
  assert.deepEqual(columnNames(['\ud800', '\udc00']), ['feature:\ufffd', 'feature:\ufffd:2'])
})

test('a feature called __proto__ has its cells', () => {
  const features = JSON.parse('{"__proto__":3}') as Features
  assert.deepEqual(linesOf({ features, target: 1 }, { features: {}, target: 2 }), [
    'sequence,time,__proto__,target',
    '#1,1970-01-01T00:00:01.000Z,3,1',
    '#2,1970-01-01T00:00:02.000Z,,2'
  ])
})
