import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '@millrace/common'
import { bucketOf, fnv1a } from '../../../src/experiments/growthbook-hash.ts'
import { tableOf } from '../../../src/experiments/allocation.ts'
import type { CanaryView } from '../../../src/experiments/experiments.ts'
import type { ModelServer } from '../../../src/serving/model-server.ts'
import { canaryTest, pass, settled } from './canary-setup.ts'

const quick = {
  id: 'c',
  model: 'm',
  candidate: '2',
  steps: [0.05, 0.5].map(share => ({ share, minRequests: 10, minSeconds: 2 })),
  guards: [{ measure: 'error_rate', tolerance: 0.2 }]
}

const shareOf = ({ record: { allocation } }: CanaryView): number =>
  allocation.filter(([, , arm]) => arm === 1).reduce((sum, [first, end]) => sum + end - first, 0) / 10_000

const aliasOf = (server: ModelServer): string | undefined => server.model('m').aliases.get('default')

const whats = ({ record: { history } }: CanaryView): string[] => history.map(({ what }) => what)

test('a canary begins at once, with the share of its first step, beside what the alias stands for', async t => {
  const { open } = await canaryTest(t)
  const { canaries } = await open()
  const view = await canaries.start({ model: 'm', candidate: '2' })
  const { definition, state, canary } = view.record
  assert.deepEqual([view.id, state, canary?.verdict, shareOf(view)], ['m-2', 'running', 'running', 0.05])
  assert.deepEqual(
    definition.arms.map(({ name, version }) => [name, version]),
    [
      ['control', '1'],
      ['canary', '2']
    ]
  )
  assert.deepEqual(
    canary?.plan.steps.map(({ share }) => share),
    [0.05, 0.25, 0.5]
  )
})

test('one that is as good takes over the alias step by step, and says by which numbers', async t => {
  const { open, ask, time, server } = await canaryTest(t)
  const { canaries } = await open()
  const first = await canaries.start(quick)
  ask(first, 'canary', 10)
  ask(first, 'control', 190)
  await pass(time, 4)
  const second = canaries.get('c')
  assert.deepEqual([second.record.canary?.step, shareOf(second)], [1, 0.5])
  ask(second, 'canary', 200)
  ask(second, 'control', 200)
  await pass(time, 4)
  const last = canaries.get('c')
  assert.deepEqual([last.record.canary?.verdict, last.record.state, aliasOf(server)], ['promoted', 'stopped', '2'])
  assert.deepEqual(
    whats(last).filter(what => what !== 'held'),
    ['created', 'step', 'promoting', 'promoted']
  )
  const { details } = last.record.history.find(({ what }) => what === 'promoting')!
  assert.deepEqual(details['requests'], { canary: 200, control: 200 })
  const [check] = details['checks'] as { says: string; canary: number; interval: [number, number] }[]
  assert.deepEqual([check!.says, check!.canary], ['pass', 0])
  assert.ok(check!.interval[1] < 0.2)
})

test('neither requests nor time alone end a step', async t => {
  const { open, ask, time } = await canaryTest(t)
  const { canaries } = await open()
  const view = await canaries.start(quick)
  await pass(time, 10)
  assert.equal(canaries.get('c').record.canary?.step, 0)
  ask(view, 'canary', 9)
  ask(view, 'control', 100)
  await pass(time, 10)
  assert.equal(canaries.get('c').record.canary?.step, 0)
  ask(view, 'canary', 1)
  await pass(time, 2)
  assert.equal(canaries.get('c').record.canary?.step, 1)
})

test('a candidate whose every request fails is rolled back after three, within two seconds', async t => {
  const { open, ask, time, server } = await canaryTest(t)
  const { canaries } = await open()
  const view = await canaries.start({ ...quick, guards: undefined })
  ask(view, 'canary', 3, 3)
  ask(view, 'control', 57)
  await pass(time, 2)
  const { record } = canaries.get('c')
  assert.deepEqual([record.canary?.verdict, record.state, aliasOf(server)], ['rolled_back', 'stopped', '1'])
  assert.deepEqual(record.allocation, [[0, 10_000, 0]])
  assert.match(String(record.history.at(-1)!.details['reason']), /error_rate/)
})

test('a candidate that is not ready any more is rolled back', async t => {
  const { open, time, server, things } = await canaryTest(t)
  const { canaries } = await open()
  await canaries.start(quick)
  await pass(time, 2)
  things.source.content.get('m')!.versions.delete('2')
  await server.reload()
  await pass(time, 2)
  const { record } = canaries.get('c')
  assert.equal(record.canary?.verdict, 'rolled_back')
  assert.match(String(record.history.at(-1)!.details['reason']), /version 2 is not ready/)
})

test('what is frozen stays at its step, is rolled back by a breach all the same, and goes on when it is resumed', async t => {
  const { open, ask, time } = await canaryTest(t)
  const { canaries } = await open()
  const view = await canaries.start(quick)
  await canaries.freeze('c')
  ask(view, 'canary', 10)
  ask(view, 'control', 100)
  await pass(time, 5)
  assert.deepEqual([canaries.get('c').record.canary?.verdict, canaries.get('c').record.canary?.step], ['frozen', 0])
  await canaries.resume('c')
  await pass(time, 2)
  assert.equal(canaries.get('c').record.canary?.step, 1)
  await canaries.freeze('c')
  ask(canaries.get('c'), 'canary', 30, 30)
  ask(canaries.get('c'), 'control', 30)
  await pass(time, 2)
  assert.equal(canaries.get('c').record.canary?.verdict, 'rolled_back')
})

test('where numbers do not decide it holds, notes some looks, and then waits for a person', async t => {
  const { open, ask, time, server } = await canaryTest(t)
  const { canaries } = await open()
  const guards = [{ measure: 'error_rate', tolerance: 0.001 }]
  let view = await canaries.start({ ...quick, guards, steps: [quick.steps[1]!], maxRequests: 400 })
  for (let second = 0; second < 40; second++) {
    ask(view, 'canary', 10, 1)
    ask(view, 'control', 10, 1)
    await pass(time, 1)
    view = canaries.get('c')
  }
  await pass(time, 2)
  view = canaries.get('c')
  assert.equal(view.record.canary?.verdict, 'undecided')
  // At 10, 20, 40 and so on; in between nothing is noted.
  const held = view.record.history.filter(({ what }) => what === 'held')
  assert.ok(held.length >= 4 && held.length <= 6, `${held.length} looks were noted`)
  await canaries.resume('c')
  await pass(time, 3)
  assert.equal(canaries.get('c').record.canary?.verdict, 'running')
  await canaries.promote('c')
  assert.deepEqual([canaries.get('c').record.canary?.verdict, aliasOf(server)], ['promoted', '2'])
})

test('it is rolled back by hand, with the reason that is given, and does nothing more', async t => {
  const { open, ask, time, server } = await canaryTest(t)
  const { canaries } = await open()
  const view = await canaries.start(quick)
  await canaries.rollBack('c', 'a customer called')
  assert.equal(canaries.get('c').record.history.at(-1)!.details['reason'], 'a customer called')
  ask(view, 'canary', 1000)
  ask(view, 'control', 1000)
  await pass(time, 10)
  assert.deepEqual([canaries.get('c').record.canary?.verdict, aliasOf(server)], ['rolled_back', '1'])
  for (const call of ['freeze', 'resume', 'promote', 'rollBack'] as const) {
    await assert.rejects(canaries[call]('c'), { code: 'MILL_EXPERIMENT_STATE' }, call)
  }
})

test('it is cancelled when somebody else moves the alias', async t => {
  const { open, time, server, things } = await canaryTest(t)
  things.source.put('m', '3', { answer: 13 })
  await server.reload()
  const { canaries } = await open()
  await canaries.start(quick)
  await server.moveAlias('m', 'default', '3')
  await pass(time, 2)
  const { record } = canaries.get('c')
  assert.deepEqual([record.canary?.verdict, aliasOf(server)], ['cancelled', '3'])
  assert.match(String(record.history.at(-1)!.details['reason']), /stands for 3/)
})

for (const moment of ['before', 'after'] as const) {
  test(`a promotion that a process dies in ${moment} the alias is moved is brought to its end by the next`, async t => {
    const { open, time, server, things } = await canaryTest(t)
    const first = await open({
      models: {
        ...server,
        async moveAlias(...move) {
          if (moment === 'after') await server.moveAlias(...move)
          // It is never heard of again.
          return new Promise<never>(() => undefined)
        }
      }
    })
    await first.canaries.start(quick)
    void first.canaries.promote('c')
    await settled()
    first.canaries.close()
    const second = await open()
    assert.notEqual(second.canaries.get('c').record.canary?.promotingSince, undefined)
    await pass(time, 7)
    const { record } = second.canaries.get('c')
    assert.deepEqual([record.canary?.verdict, record.state, aliasOf(server)], ['promoted', 'stopped', '2'])
    assert.equal(record.canary?.promotingSince, undefined)
    assert.equal(things.runtime.loads.length, 2)
  })
}

test('one that is promoted by hand where nobody has heard yet of its next step is promoted', async t => {
  const { open, ask, server } = await canaryTest(t)
  const [here, there] = [await open(), await open()]
  const view = await here.canaries.start({ ...quick, steps: quick.steps.map(step => ({ ...step, minSeconds: 0 })) })
  await there.book.refresh()
  ask(view, 'canary', 10)
  ask(view, 'control', 190)
  await here.canaries.look('c')
  assert.deepEqual(
    [here, there].map(({ canaries }) => canaries.get('c').record.canary?.step),
    [1, 0]
  )
  const promoted = await there.canaries.promote('c')
  assert.deepEqual([promoted.record.canary?.verdict, aliasOf(server)], ['promoted', '2'])
})

test('a candidate that the alias cannot be moved to waits for a person', async t => {
  const { open, server, time } = await canaryTest(t)
  const { canaries } = await open({
    models: {
      ...server,
      moveAlias: () => Promise.reject(new MillraceError('MILL_STORE_FAILED', 'the disk is full'))
    }
  })
  await canaries.start(quick)
  await assert.rejects(canaries.promote('c'), { code: 'MILL_STORE_FAILED' })
  await pass(time, 10)
  const { record } = canaries.get('c')
  assert.deepEqual([record.canary?.verdict, aliasOf(server)], ['undecided', '1'])
  assert.equal(record.history.at(-1)!.details['reason'], 'the disk is full')
})

test('several processes make one decision each time', async t => {
  const { open, ask, time, server } = await canaryTest(t)
  const all = await Promise.all([open(), open(), open()])
  const refresh = (): Promise<unknown> => Promise.all(all.map(({ book }) => book.refresh()))
  const { canaries } = all[0]
  const first = await canaries.start(quick)
  await refresh()
  ask(first, 'canary', 10)
  ask(first, 'control', 190)
  await pass(time, 4)
  await refresh()
  ask(canaries.get('c'), 'canary', 200)
  ask(canaries.get('c'), 'control', 200)
  await pass(time, 8)
  await refresh()
  for (const one of all) {
    const view = one.canaries.get('c')
    assert.deepEqual(
      whats(view).filter(what => what !== 'held'),
      ['created', 'step', 'promoting', 'promoted']
    )
  }
  assert.equal(aliasOf(server), '2')
})

test('a unit that is in the canary stays in it while its share grows', async t => {
  const { open, ask, time } = await canaryTest(t)
  const { canaries } = await open()
  const steps = [0.01, 0.1, 0.333, 0.9].map(share => ({ share, minRequests: 1, minSeconds: 0 }))
  const guards = [{ measure: 'error_rate', tolerance: 0.0001 }]
  await canaries.start({ ...quick, steps, guards })
  const units = Array.from({ length: 5000 }, (_, index) => `unit ${index}`)
  let before = new Set<string>()
  for (const { share } of steps) {
    const view = canaries.get('c')
    const table = tableOf(view.record.allocation)
    const seed = fnv1a(view.record.definition.seed)
    const inside = new Set(units.filter(unit => table[bucketOf(seed, unit)] === 1))
    assert.ok([...before].every(unit => inside.has(unit)))
    // Five standard deviations of a binomial around the share.
    assert.ok(Math.abs(inside.size - 5000 * share) < 5 * Math.sqrt(5000 * share * (1 - share)))
    before = inside
    ask(view, 'canary', 1)
    ask(view, 'control', 1)
    await pass(time, 2)
  }
})

test('all faults of a plan are told at once, and nothing begins', async t => {
  const { open } = await canaryTest(t)
  const { canaries } = await open()
  const error = await canaries
    .start({
      id: 'Not Good',
      model: 'm',
      alias: 'nothing',
      candidate: '9',
      steps: [0.5, 0.2, 2, { share: 0.7, minRequest: 1 }],
      guards: [
        'error_rate',
        'error_rate',
        { measure: 'beauty' },
        { measure: 'latency', tolerance: 5, isRelative: false }
      ],
      alpha: 0,
      intervalSeconds: 'often',
      colour: 'red'
    })
    .catch((thrown: unknown) => thrown as MillraceError)
  assert.ok(error instanceof MillraceError)
  assert.equal(error.code, 'MILL_EXPERIMENT_INVALID')
  const faults = error.details['faults'] as { place: (string | number)[] }[]
  assert.deepEqual(faults.map(({ place }) => place.join('.')).toSorted(), [
    'alias',
    'alpha',
    'candidate',
    'colour',
    'guards.1',
    'guards.2.measure',
    'guards.3.isRelative',
    'id',
    'intervalSeconds',
    'steps.1',
    'steps.2.share',
    'steps.3.minRequest'
  ])
  assert.equal(canaries.list().length, 0)
})

test('there is one canary for an alias at a time, and what the alias stands for is no candidate', async t => {
  const { open } = await canaryTest(t)
  const { canaries } = await open()
  await assert.rejects(canaries.start({ model: 'm', candidate: '1' }), /which default stands for already/)
  await canaries.start({ model: 'm', candidate: '2' })
  await assert.rejects(canaries.start({ model: 'm', candidate: '2' }), /canary m-2 stands on default of m/)
  await assert.rejects(canaries.remove('m-2'), { code: 'MILL_EXPERIMENT_STATE' })
  await canaries.rollBack('m-2')
  assert.equal((await canaries.start({ model: 'm', candidate: '2' })).id, 'm-2-2')
  await canaries.remove('m-2')
  assert.deepEqual(
    canaries.list().map(({ id }) => id),
    ['m-2-2']
  )
})
