import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LearnCommand } from '@millrace/engine'
import { recordJson, recordLine } from '../src/cli/journal-record.ts'
import { formatBytes, shownText } from '../src/cli/journal-text.ts'

const time = Date.UTC(2026, 10, 21, 15, 0, 0, 123)

const settings: LearnCommand = {
  kind: 'settings',
  learner: 'knn_regressor',
  parameters: { n_neighbors: 5, weights: 'uniform' },
  limits: { featureNames: 8000, memoryBytes: 1000, ids: 10 }
}
const observation: LearnCommand = {
  kind: 'observation',
  observationId: 'sample:0:1',
  features: { in_1: 118, in_2: -0 },
  target: 112
}
const label: LearnCommand = {
  kind: 'observation',
  labelled: { predictionId: 'p 1', prediction: 110.5 },
  features: {},
  target: 118
}

test('a record is a line of what a person looks for first', () => {
  assert.equal(
    recordLine({ sequence: 1, time, command: settings }),
    '       1  2026-11-21T15:00:00.123Z  settings              ' +
      'knn_regressor n_neighbors=5 weights=uniform feature_names<=8000 memory_bytes<=1000 ids<=10'
  )
  assert.equal(
    recordLine({ sequence: 2, time, command: observation, outcome: 'learned', prediction: 0.5 }),
    '       2  2026-11-21T15:00:00.123Z  observation  learned  ' +
      'observation_id=sample:0:1 target=112 prediction=0.5 | in_1=118 in_2=-0'
  )
  assert.equal(
    recordLine({ sequence: 123_456_789, time, command: label }),
    '123456789  2026-11-21T15:00:00.123Z  label        -        prediction_id="p 1" target=118 prediction=110.5 |'
  )
})

test('a line is cut to the width of the terminal, by characters', () => {
  const command: LearnCommand = { kind: 'observation', features: { '🌡': 1 }, target: 2 }
  const whole = recordLine({ sequence: 1, time, command })
  assert.ok(whole.endsWith('target=2 | 🌡=1'))
  assert.equal(recordLine({ sequence: 1, time, command }, Array.from(whole).length), whole)
  assert.ok(recordLine({ sequence: 1, time, command }, Array.from(whole).length - 1).endsWith('| 🌡…'))
})

test('a record in JSON is whole, and leaves out what is not known', () => {
  const at = '2026-11-21T15:00:00.123Z'
  assert.deepEqual(JSON.parse(recordJson({ sequence: 1, time, command: settings })), {
    sequence: 1,
    time: at,
    kind: 'settings',
    learner: 'knn_regressor',
    parameters: { n_neighbors: 5, weights: 'uniform' },
    limits: { feature_names: 8000, memory_bytes: 1000, ids: 10 }
  })
  assert.deepEqual(
    JSON.parse(recordJson({ sequence: 2, time, command: observation, outcome: 'learned', prediction: 0.5 })),
    {
      sequence: 2,
      time: at,
      kind: 'observation',
      outcome: 'learned',
      observation_id: 'sample:0:1',
      prediction: 0.5,
      target: 112,
      features: { in_1: 118, in_2: 0 }
    }
  )
  assert.deepEqual(JSON.parse(recordJson({ sequence: 3, time, command: label })), {
    sequence: 3,
    time: at,
    kind: 'label',
    prediction_id: 'p 1',
    prediction: 110.5,
    target: 118,
    features: {}
  })
})

test('what a terminal would obey is shown as what it is', () => {
  assert.equal(shownText('plain-id:1/ü'), 'plain-id:1/ü')
  assert.equal(shownText('a b'), '"a b"')
  assert.equal(shownText(''), '""')
  assert.equal(shownText('x=1'), '"x=1"')
  assert.equal(shownText('\u001b[2J'), String.raw`"\u001b[2J"`)
  assert.equal(shownText('\u009b2J\u202e'), String.raw`"\u009b2J\u202e"`)
  assert.equal(shownText('\ud800'), String.raw`"\ud800"`)
  assert.equal(shownText('\u{e0001}'), String.raw`"\udb40\udc01"`)
})

test('sizes are told in the unit that fits', () => {
  assert.deepEqual([0, 999, 1000, 12_345_678, 2e9, 3.5e12].map(formatBytes), [
    '0 B',
    '999 B',
    '1.0 kB',
    '12.3 MB',
    '2.0 GB',
    '3.5 TB'
  ])
})
