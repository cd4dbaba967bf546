import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { memoryRegistryStore } from '@millrace/store'
import { draft, experimentSetup, given } from './experiment-setup.ts'

const code = (wanted: string) => ({ code: wanted })

describe('an experiment', () => {
  test('is a draft that decides nothing, until it is started', async t => {
    const { experiments, ask } = await experimentSetup(t)
    const made = await experiments.create(draft)
    assert.deepEqual([made.state, made.revision, made.phase, made.weights], ['draft', 1, 1, [0.5, 0.5]])
    assert.equal((await ask(given('u'))).route.reason, 'default')
    const started = await experiments.start('e')
    assert.deepEqual([started.state, started.startedAt, started.revision], ['running', 1000, 2])
    assert.equal((await ask(given('u'))).route.reason, 'experiment')
  })

  test('of wrong arms, a wrong alias or a wrong model is refused with all that is wrong, and is not there', async t => {
    const { experiments, server } = await experimentSetup(t)
    await server.moveAlias('m', 'stable', 'v1')
    const wrong = {
      ...draft,
      alias: 'live',
      coverage: 2,
      arms: [{ version: 'v9' }, { version: 'v1', model: 'other' }]
    }
    await assert.rejects(experiments.create(wrong), {
      code: 'MILL_EXPERIMENT_INVALID',
      details: {
        faults: [
          { place: ['coverage'], message: 'coverage must be a number from 0 to 1, got 2' },
          { place: ['alias'], message: 'alias must be an alias of model m, got live; it has default, stable' },
          {
            place: ['arms', 0, 'version'],
            message: 'version must be a version of model m that is served, got v9, which it does not have'
          },
          { place: ['arms', 1, 'model'], message: 'model must be a model that is served, got other' }
        ]
      }
    })
    await assert.rejects(experiments.create({ ...draft, model: 'other' }), code('MILL_EXPERIMENT_INVALID'))
    assert.deepEqual(experiments.list(), [])
    assert.throws(() => experiments.get('e'), code('MILL_EXPERIMENT_NOT_FOUND'))
  })

  test('of an id that there is already is refused', async t => {
    const { experiments } = await experimentSetup(t)
    await experiments.create(draft)
    await assert.rejects(experiments.create({ ...draft, coverage: 0.5 }), code('MILL_EXPERIMENT_EXISTS'))
    assert.equal(experiments.get('e').definition.coverage, 1)
  })

  test('is asked by nobody while it is paused, and goes on with what was measured', async t => {
    const { experiments, ask } = await experimentSetup(t)
    await experiments.create(draft)
    await experiments.start('e')
    await ask(given('u'))
    await experiments.pause('e')
    assert.equal((await ask(given('u'))).route.reason, 'default')
    const { state, phase } = await experiments.start('e')
    assert.deepEqual([state, phase], ['running', 1])
    await ask(given('w'))
    const { arms } = experiments.tally('e')
    assert.equal(arms[0]!.units + arms[1]!.units, 2)
    assert.deepEqual(
      experiments.get('e').history.map(({ what }) => what),
      ['created', 'started', 'paused', 'resumed']
    )
  })

  test('that is stopped is so for good, and keeps its results until it is removed', async t => {
    const { experiments, ask } = await experimentSetup(t)
    await experiments.create(draft)
    await assert.rejects(experiments.stop('e'), code('MILL_EXPERIMENT_STATE'))
    await experiments.start('e')
    await ask(given('u'))
    await assert.rejects(experiments.remove('e'), code('MILL_EXPERIMENT_STATE'))
    assert.equal((await experiments.stop('e')).stoppedAt, 1000)
    for (const refused of [experiments.start('e'), experiments.pause('e'), experiments.change('e', { coverage: 0 })]) {
      await assert.rejects(refused, code('MILL_EXPERIMENT_STATE'))
    }
    const { arms } = experiments.tally('e')
    assert.equal(arms[0]!.units + arms[1]!.units, 1)
    await experiments.remove('e')
    assert.throws(() => experiments.tally('e'), code('MILL_EXPERIMENT_NOT_FOUND'))
    const again = await experiments.create(draft)
    assert.deepEqual([again.phase, experiments.tally('e').arms.map(({ units }) => units)], [2, [0, 0]])
  })

  test('cannot be started when an arm is gone', async t => {
    const { experiments, server, source, time } = await experimentSetup(t)
    await experiments.create(draft)
    source.content.get('m')!.versions.delete('v2')
    const reload = server.reload('m')
    time.pass(10_000)
    await reload
    await assert.rejects(experiments.start('e'), code('MILL_EXPERIMENT_INVALID'))
    assert.equal(experiments.get('e').state, 'draft')
  })

  test('is changed only from the revision that whoever changes it knows', async t => {
    const { experiments } = await experimentSetup(t)
    await experiments.create(draft)
    await experiments.change('e', { coverage: 0.5 }, 1)
    for (const call of ['start', 'pause', 'stop', 'remove'] as const) {
      await assert.rejects(experiments[call]('e', 1), code('MILL_REVISION_CONFLICT'))
    }
    await assert.rejects(experiments.change('e', { coverage: 0.7 }, 1), code('MILL_REVISION_CONFLICT'))
    assert.equal((await experiments.start('e', 2)).revision, 3)
  })
})

describe('a change', () => {
  test('that is wrong changes nothing and says what is wrong', async t => {
    const { experiments } = await experimentSetup(t)
    const before = await experiments.create(draft)
    await assert.rejects(experiments.change('e', { coverage: 0.5, control: 'v3', colour: 'red' }), {
      code: 'MILL_EXPERIMENT_INVALID',
      message: 'not a valid experiment: colour is not known; control must be one of v1, v2, got v3'
    })
    await assert.rejects(experiments.change('e', { id: 'other' }), code('MILL_EXPERIMENT_INVALID'))
    assert.deepEqual(experiments.get('e'), before)
  })

  test('of a draft may be of anything', async t => {
    const { experiments } = await experimentSetup(t)
    await experiments.create(draft)
    const arms = [{ version: 'v3' }, { version: 'v1' }]
    const { definition, revision, weights } = await experiments.change('e', { arms, control: 'v1', seed: 's' })
    assert.deepEqual([definition.control, definition.seed, revision, weights], ['v1', 's', 2, [0.5, 0.5]])
    assert.deepEqual(
      definition.arms.map(({ version }) => version),
      ['v3', 'v1']
    )
  })

  test('of one that runs may not void what was measured', async t => {
    const { experiments } = await experimentSetup(t)
    await experiments.create({ ...draft, metrics: [{ name: 'conversion', kind: 'conversion' }] })
    await experiments.start('e')
    const voiding = [
      { seed: 's' },
      { strategy: 'random' },
      { control: 'v2' },
      { alpha: 0.1 },
      { entry: 'predict' },
      { arms: [{ version: 'v1' }, { version: 'v3' }] },
      { arms: [{ version: 'v1' }, { name: 'v2', version: 'v3' }] },
      { metrics: [{ name: 'sales' }], primary: 'sales' }
    ]
    for (const change of voiding) {
      await assert.rejects(experiments.change('e', change), code('MILL_EXPERIMENT_INVALID'), Object.keys(change).join())
    }
    assert.equal(experiments.get('e').revision, 2)
  })

  test('of one that runs may be of weights, coverage, and of what is added', async t => {
    const { experiments } = await experimentSetup(t)
    await experiments.create(draft)
    await experiments.start('e')
    const arms = [
      { version: 'v3', weight: 0.2 },
      { version: 'v1', weight: 0.5 },
      { version: 'v2', weight: 0.3 }
    ]
    const metrics = [...experiments.get('e').definition.metrics, { name: 'sales', kind: 'ratio' }]
    const changed = await experiments.change('e', {
      arms,
      metrics,
      coverage: 1,
      description: 'd',
      overrides: { u: 'v3' }
    })
    assert.deepEqual(changed.weights, [0.5, 0.3, 0.2])
    // The fewest: what v3 has comes from v2 alone.
    assert.deepEqual(changed.allocation, [
      [0, 5000, 0],
      [5000, 8000, 1],
      [8000, 10_000, 2]
    ])
    assert.equal(changed.phase, 1)
    assert.deepEqual(experiments.tally('e').arms.length, 3)
    const { what, revision, details } = changed.history.at(-1)!
    assert.deepEqual([what, revision, details['overrides'], details['weights']], ['changed', 3, 1, [0.5, 0.3, 0.2]])
  })

  test('of parts of how weights adapt leaves the other parts', async t => {
    const { experiments } = await experimentSetup(t)
    await experiments.create({ ...draft, bandit: { floor: 0.1, minUnits: 7 } })
    const { definition } = await experiments.change('e', { bandit: { minUnits: 9 } })
    assert.deepEqual(definition.bandit, { metric: 'conversion', floor: 0.1, minUnits: 9, intervalSeconds: 10 })
  })

  test('may take the units from an arm whose version is gone, but not add such an arm', async t => {
    const { experiments, server, source, time } = await experimentSetup(t)
    await experiments.create(draft)
    await experiments.start('e')
    source.content.get('m')!.versions.delete('v2')
    const reload = server.reload('m')
    time.pass(10_000)
    await reload
    const rest = [
      { version: 'v1', weight: 1 },
      { version: 'v2', weight: 0 }
    ]
    assert.deepEqual((await experiments.change('e', { arms: rest })).weights, [1, 0])
    const more = [...rest, { version: 'v4', weight: 0 }]
    await assert.rejects(experiments.change('e', { arms: more }), code('MILL_EXPERIMENT_INVALID'))
  })

  test('that begins a phase may be of anything, and begins with nothing measured', async t => {
    const { experiments, ask } = await experimentSetup(t)
    await experiments.create(draft)
    await experiments.start('e')
    await ask(given('u'))
    const change = { arms: [{ version: 'v1' }, { version: 'v3' }], seed: 's' }
    const changed = await experiments.change('e', change, undefined, { isNewPhase: true })
    assert.deepEqual([changed.phase, changed.state, changed.history.at(-1)!.what], [2, 'running', 'phase'])
    assert.deepEqual(
      experiments.tally('e').arms.map(({ units }) => units),
      [0, 0]
    )
    const { version } = (await ask(given('u'))).route
    assert.ok(['v1', 'v3'].includes(version))
    assert.equal(
      experiments.tally('e').arms.reduce((sum, { units }) => sum + units, 0),
      1
    )
  })
})

describe('putting an experiment whole', () => {
  const options = { isRunning: true, by: 'test' }

  test('makes it, and writes nothing where it is so already', async t => {
    const { experiments } = await experimentSetup(t)
    const made = await experiments.put(draft, options)
    assert.deepEqual([made.state, made.revision, made.history.at(-1)!.details['by']], ['running', 1, 'test'])
    assert.equal((await experiments.put(draft, options)).revision, 1)
    const rest = await experiments.put(draft, { ...options, isRunning: false })
    assert.deepEqual([rest.state, rest.revision], ['paused', 2])
    assert.equal((await experiments.put(draft, { ...options, isRunning: false })).revision, 2)
  })

  test('begins a phase where old and new numbers cannot be compared, and only there', async t => {
    const { experiments } = await experimentSetup(t)
    await experiments.put(draft, options)
    const weighted = [
      { version: 'v1', weight: 0.1 },
      { version: 'v2', weight: 0.9 }
    ]
    assert.equal((await experiments.put({ ...draft, arms: weighted }, options)).phase, 1)
    const other = await experiments.put({ ...draft, arms: [{ version: 'v2' }, { version: 'v3' }] }, options)
    assert.deepEqual([other.phase, other.weights, other.definition.control], [2, [0.5, 0.5], 'v2'])
  })

  test('is refused for one that was stopped, for a revision that is no more, and when it is wrong', async t => {
    const { experiments } = await experimentSetup(t)
    await experiments.put(draft, { ...options, revision: 0 })
    await assert.rejects(experiments.put(draft, { ...options, revision: 0 }), code('MILL_REVISION_CONFLICT'))
    await assert.rejects(experiments.put(draft, { ...options, revision: 7 }), code('MILL_REVISION_CONFLICT'))
    await assert.rejects(experiments.put({ ...draft, coverage: 3 }, options), code('MILL_EXPERIMENT_INVALID'))
    await experiments.stop('e')
    await assert.rejects(experiments.put(draft, options), code('MILL_EXPERIMENT_STATE'))
  })

  test('by two processes at once makes one', async t => {
    const registry = memoryRegistryStore()
    const setups = [await experimentSetup(t, { registry }), await experimentSetup(t, { registry })]
    const views = await Promise.all(setups.map(({ experiments }) => experiments.put(draft, options)))
    assert.deepEqual(
      views.map(({ revision }) => revision),
      [1, 1]
    )
  })
})

describe('weights by accuracy', () => {
  const weighted = { ...draft, strategy: 'weighted', arms: [{ version: 'v1' }, { version: 'v2' }, { version: 'v3' }] }

  test('are in proportion to what the metadata say, one half where they say nothing', async t => {
    const { experiments } = await experimentSetup(t, { accuracies: { v1: 0.9, v2: 0.6 } })
    await experiments.create(weighted)
    const { weights, definition } = await experiments.start('e')
    // 0.9, 0.6 and 0.5 of 2.
    assert.deepEqual(weights, [0.45, 0.3, 0.25])
    assert.deepEqual(
      definition.arms.map(({ weight }) => weight),
      [0.45, 0.3, 0.25]
    )
    assert.deepEqual((await experiments.change('e', { coverage: 0.5 })).weights, [0.45, 0.3, 0.25])
  })

  test('are alike where no version is any good', async t => {
    const { experiments } = await experimentSetup(t, { accuracies: { v1: 0, v2: 0 } })
    const { weights } = await experiments.create({ ...draft, strategy: 'weighted' })
    assert.deepEqual(weights, [0.5, 0.5])
  })
})

describe('feedback', () => {
  test('counts for the arm of the unit in all that know it, and in the one that is named', async t => {
    const { experiments, ask } = await experimentSetup(t)
    await experiments.create(draft)
    await experiments.start('e')
    const { arm } = (await ask(given('u'))).route.assignment!
    const outcome = { unit: 'u', requestId: undefined, metric: 'conversion', value: 1, id: 'o1', experiment: undefined }
    const receipt = { experiment: 'e', arm, metric: 'conversion', value: 1, isRepeat: false }
    assert.deepEqual(await experiments.feedback(outcome), [receipt])
    assert.deepEqual(await experiments.feedback({ ...outcome, experiment: 'e' }), [{ ...receipt, isRepeat: true }])
    await assert.rejects(experiments.feedback({ ...outcome, experiment: 'x' }), code('MILL_EXPERIMENT_NOT_FOUND'))
    const counted = experiments.tally('e').arms.map(({ metrics }) => metrics.get('conversion')!.sum)
    assert.deepEqual(counted, arm === 'v1' ? [1, 0] : [0, 1])
  })

  test('counts in the phase that the unit was served in', async t => {
    const { experiments, ask } = await experimentSetup(t)
    await experiments.put(draft, { isRunning: true, by: 'test' })
    await experiments.put({ ...draft, seed: 's' }, { isRunning: true, by: 'test' })
    const { arm } = (await ask(given('u'))).route.assignment!
    const outcome = { unit: 'u', requestId: undefined, metric: 'conversion', value: 1, id: 'o1', experiment: 'e' }
    assert.deepEqual(await experiments.feedback(outcome), [
      { experiment: 'e', arm, metric: 'conversion', value: 1, isRepeat: false }
    ])
  })
})

test('what a unit would get is what it gets', async t => {
  const { experiments, ask } = await experimentSetup(t)
  await experiments.create({ ...draft, coverage: 0.5, overrides: { boss: 'v2' } })
  const asked = Array.from({ length: 50 }, (_, index) => `u${index}`)
  const before = asked.map(unit => experiments.assignment('e', unit) as { arm: string | null })
  await experiments.start('e')
  const after: (string | null)[] = []
  for (const unit of asked) after.push((await ask(given(unit))).route.assignment?.arm ?? null)
  assert.deepEqual(
    before.map(({ arm }) => arm),
    after
  )
  assert.ok(after.includes(null) && after.includes('v1') && after.includes('v2'))
  const boss = await experiments.assignment('e', 'boss')
  assert.deepEqual(boss, { ...boss, arm: 'v2', probability: 1, reason: 'override' })
  await experiments.create({ ...draft, id: 'r', strategy: 'random' })
  const drawn = await experiments.assignment('r', 'u')
  assert.deepEqual(drawn, { ...drawn, arm: null, probability: null, reason: 'drawn' })
})
