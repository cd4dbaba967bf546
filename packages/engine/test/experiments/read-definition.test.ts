import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { DefinitionFault } from '../../src/experiments/experiments.ts'
import { readDefinition } from '../../src/experiments/read-definition.ts'
import { draft } from './experiment-setup.ts'

const faultsOf = (more: Record<string, unknown>): readonly DefinitionFault[] =>
  readDefinition({ ...draft, ...more }).faults
const told = (more: Record<string, unknown>): string[] =>
  faultsOf(more).map(({ place, message }) => `${place.join('.')}: ${message}`)

const primaryWith = (more: object): string =>
  readDefinition({ ...draft, strategy: 'weighted', ...more }).definition.primary

test('what was not said has its default', () => {
  assert.deepEqual(readDefinition(draft), {
    faults: [],
    definition: {
      id: 'e',
      description: '',
      model: 'm',
      alias: 'default',
      entry: 'all',
      strategy: 'hash-based',
      weighting: 'fixed',
      arms: [
        { name: 'v1', model: 'm', version: 'v1', weight: 0.5 },
        { name: 'v2', model: 'm', version: 'v2', weight: 0.5 }
      ],
      control: 'v1',
      coverage: 1,
      seed: 'e',
      isSticky: false,
      yields: false,
      missingUnit: 'random',
      onFailure: 'control',
      overrides: {},
      metrics: [
        { name: 'conversion', kind: 'conversion', goal: 'increase' },
        { name: 'value', kind: 'mean', goal: 'increase' },
        { name: 'accuracy', kind: 'accuracy', goal: 'increase' },
        { name: 'error', kind: 'error', goal: 'decrease' }
      ],
      primary: 'conversion',
      alpha: 0.05,
      bandit: { metric: 'conversion', floor: 0.01, minUnits: 100, intervalSeconds: 10 }
    }
  })
})

test('what was said is taken as it is', () => {
  const said = {
    id: 'a_b-1',
    description: 'which forest is better',
    model: 'm',
    alias: 'stable',
    entry: 'predict',
    strategy: 'weighted',
    weighting: 'thompson',
    arms: [
      { name: 'old', model: 'm', version: 'v1', weight: 0.25 },
      { name: 'new', model: 'other', version: 'live', weight: 0.75 }
    ],
    control: 'new',
    coverage: 0.5,
    seed: 'größe',
    isSticky: true,
    yields: true,
    missingUnit: 'skip',
    onFailure: 'fail',
    overrides: { boss: 'new' },
    metrics: [{ name: 'sales', kind: 'ratio', goal: 'decrease' }],
    primary: 'sales',
    alpha: 0.01,
    bandit: { metric: 'sales', floor: 0.2, minUnits: 7, intervalSeconds: 0.5 }
  }
  assert.deepEqual(readDefinition(said), { definition: said, faults: [] })
})

test('defaults follow from what was said', () => {
  const weighted = readDefinition({ ...draft, strategy: 'weighted' }).definition
  assert.equal(weighted.weighting, 'accuracy')
  const arms = [
    { version: 'v1', weight: 0.2 },
    { version: 'v2', weight: 0.8 }
  ]
  assert.equal(readDefinition({ ...draft, strategy: 'weighted', arms }).definition.weighting, 'fixed')
  const thompson = readDefinition({ ...draft, strategy: 'weighted', weighting: 'thompson' }).definition
  assert.equal(thompson.isSticky, true)
  const { primary, bandit, metrics } = readDefinition({
    ...draft,
    metrics: [{ name: 'error', kind: 'error' }]
  }).definition
  assert.deepEqual([primary, bandit.metric, metrics[0]!.goal], ['error', 'error', 'decrease'])
})

/** What is wrong, and what is said of it. */
const wrong: readonly [Record<string, unknown>, string][] = [
  [{ id: 'Ä' }, 'id: id must be 1 to 64 lower-case letters, digits, _ and -, got Ä'],
  [{ id: 'a'.repeat(65) }, `id: id must be 1 to 64 lower-case letters, digits, _ and -, got ${'a'.repeat(60)}…`],
  [{ id: undefined }, 'id: id is missing'],
  [{ model: 7 }, 'model: model must be a text, got 7'],
  [{ colour: 'red' }, 'colour: colour is not known'],
  [{ strategy: 'hash' }, 'strategy: strategy must be one of hash-based, random, weighted, got hash'],
  [{ weighting: 'thompson' }, 'weighting: weighting must be fixed for the strategy hash-based, got thompson'],
  [{ entry: 'v2' }, 'entry: entry must be one of all, predict, got v2'],
  [{ arms: 'v1,v2' }, 'arms: arms must be a list of 2 to 20 arms, got v1,v2'],
  [{ arms: [{ version: 'v1' }] }, 'arms: arms must be a list of 2 to 20 arms, got 1'],
  [
    { arms: Array.from({ length: 21 }, () => ({ version: 'v1' })) },
    'arms: arms must be a list of 2 to 20 arms, got 21'
  ],
  [{ arms: [{ version: 'v1' }, 7] }, 'arms.1: arms.1 must be an object, got 7'],
  [{ arms: [{ version: 'v1' }, { weight: 1 }] }, 'arms.1.version: version is missing'],
  [{ arms: [{ version: 'v1' }, { version: 'v1' }] }, 'arms.1.name: arms.1.name must be unique, got v1 twice'],
  [{ arms: [{ version: 'v1' }, { version: 'v2', share: 1 }] }, 'arms.1.share: share is not known'],
  [
    {
      arms: [
        { version: 'v1', weight: 0.5 },
        { version: 'v2', weight: 0.4 }
      ]
    },
    'arms: arms must have weights that sum to 1, got 0.9'
  ],
  [{ arms: [{ version: 'v1', weight: 0.5 }, { version: 'v2' }] }, 'arms: arms must all have a weight, or none: 1 have'],
  [
    {
      arms: [
        { version: 'v1', weight: -1 },
        { version: 'v2', weight: 2 }
      ]
    },
    'arms.1.weight: weight must be a number from 0 to 1, got 2'
  ],
  [
    {
      arms: [
        { version: 'v1', weight: '0.5' },
        { version: 'v2', weight: 0.5 }
      ]
    },
    'arms.0.weight: weight must be a number from 0 to 1, got 0.5'
  ],
  [
    {
      strategy: 'weighted',
      weighting: 'accuracy',
      arms: [
        { version: 'v1', weight: 0.5 },
        { version: 'v2', weight: 0.5 }
      ]
    },
    'arms: arms must have no weights: they follow the accuracy of the versions'
  ],
  [{ control: 'v3' }, 'control: control must be one of v1, v2, got v3'],
  [{ coverage: 1.1 }, 'coverage: coverage must be a number from 0 to 1, got 1.1'],
  [{ coverage: Number.NaN }, 'coverage: coverage must be a number from 0 to 1, got null'],
  [{ alpha: 0 }, 'alpha: alpha must be a number from 0.000001 to 0.5, got 0'],
  [{ alpha: 1e-20 }, 'alpha: alpha must be a number from 0.000001 to 0.5, got 1e-20'],
  [{ alpha: 0.6 }, 'alpha: alpha must be a number from 0.000001 to 0.5, got 0.6'],
  [{ seed: '' }, 'seed: seed must be a text of 1 to 256 characters, got '],
  [{ seed: 7 }, 'seed: seed must be a text of 1 to 256 characters, got 7'],
  [{ isSticky: 'yes' }, 'isSticky: isSticky must be true or false, got yes'],
  [{ strategy: 'random', isSticky: true }, 'isSticky: isSticky must be false for the strategy random'],
  [{ strategy: 'weighted', weighting: 'thompson', isSticky: false }, 'isSticky: isSticky must be true for thompson'],
  [
    { strategy: 'random', missingUnit: 'skip' },
    'missingUnit: missingUnit must be random for the strategy random, which asks for no unit, got skip'
  ],
  [{ overrides: ['a'] }, 'overrides: overrides must be an object, got ["a"]'],
  [{ overrides: { u: 'v3' } }, 'overrides.u: overrides.u must be the name of an arm, got v3'],
  [{ overrides: { '': 'v1' } }, 'overrides.: overrides. must be a unit of 1 to 256 characters'],
  [{ metrics: [] }, 'metrics: metrics must be a list of 1 to 50 metrics, got 0'],
  [{ metrics: [{ name: 'a b' }] }, 'metrics.0.name: name must be 1 to 64 letters, digits, _, - and ., got a b'],
  [
    { metrics: [{ name: 'a', kind: 'median' }] },
    'metrics.0.kind: kind must be one of conversion, mean, ratio, accuracy, error, got median'
  ],
  [{ metrics: [{ name: 'a' }, { name: 'a' }] }, 'metrics.1.name: metrics.1.name must be unique, got a twice'],
  [{ primary: 'sales' }, 'primary: primary must be one of conversion, value, accuracy, error, got sales'],
  [{ bandit: { metric: 'sales' } }, 'bandit.metric: metric must be the name of a metric, got sales'],
  [{ bandit: { floor: 0.6 } }, 'bandit.floor: floor must be a number from 0 to 0.5, got 0.6'],
  [{ bandit: { minUnits: 1.5 } }, 'bandit.minUnits: minUnits must be a whole number from 1 to 1000000000, got 1.5'],
  [{ bandit: 7 }, 'bandit: bandit must be an object, got 7']
]

test('what weights follow decides unless something else is named', () => {
  const bandit = { metric: 'error' }
  assert.equal(primaryWith({ weighting: 'thompson', bandit }), 'error')
  assert.equal(primaryWith({ weighting: 'thompson', bandit, primary: 'accuracy' }), 'accuracy')
  assert.equal(primaryWith({ weighting: 'thompson' }), 'conversion')
  assert.equal(primaryWith({ weighting: 'fixed', bandit }), 'conversion')
  assert.equal(primaryWith({ weighting: 'thompson', bandit: { metric: 'luck' } }), 'conversion')
})

test('everything that is wrong is said with its place and its value', () => {
  for (const [more, message] of wrong) {
    const all = told(more)
    assert.ok(all.includes(message), `${message}\n${all.join('\n')}`)
  }
})

test('all that is wrong is said at once', () => {
  const all = told({
    id: '',
    coverage: 2,
    alpha: 'x',
    arms: [
      { version: 'v1', weight: 0.1 },
      { version: 'v2', weight: 0.1 }
    ]
  })
  assert.deepEqual(all, [
    'id: id must be a text, got ',
    'arms: arms must have weights that sum to 1, got 0.2',
    'coverage: coverage must be a number from 0 to 1, got 2',
    'alpha: alpha must be a number from 0.000001 to 0.5, got x'
  ])
})

test('weights of many digits may miss 1 by a millionth, and stay as they are', () => {
  const arms = [0.333_333, 0.333_333, 0.333_333].map((weight, index) => ({ version: `v${index}`, weight }))
  const { definition, faults } = readDefinition({ ...draft, arms })
  assert.deepEqual(faults, [])
  assert.deepEqual(
    definition.arms.map(({ weight }) => weight),
    [0.333_333, 0.333_333, 0.333_333]
  )
})

test('keys that poison prototypes are units, arms and faults like any others', () => {
  const text = `{"id": "e", "model": "m", "arms": [{"version": "__proto__"}, {"version": "constructor"}],
    "overrides": {"__proto__": "constructor", "toString": "__proto__"}, "__proto__": {"coverage": 0}}`
  const { definition, faults } = readDefinition(JSON.parse(text))
  assert.deepEqual(faults, [{ place: ['__proto__'], message: '__proto__ is not known' }])
  assert.equal(definition.coverage, 1)
  assert.deepEqual(Object.entries(definition.overrides), [
    ['__proto__', 'constructor'],
    ['toString', '__proto__']
  ])
  assert.equal(({} as Record<string, unknown>)['coverage'], undefined)
})

test('whatever is sent, faults are found instead of an error', () => {
  const keys = fc.constantFrom(
    'id',
    'model',
    'arms',
    'metrics',
    'overrides',
    'bandit',
    'primary',
    'control',
    '__proto__'
  )
  const anything = fc.oneof(fc.jsonValue(), fc.dictionary(keys, fc.jsonValue()))
  fc.assert(
    fc.property(anything, value => {
      const { definition, faults } = readDefinition(value)
      assert.ok(faults.length > 0 || definition.arms.length >= 2)
    }),
    { numRuns: 500, seed: 1 }
  )
})
