import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MillraceError } from '@millrace/common'
import type { InferReply, InferRequest, RouteReason } from '../../src/serving/model-server.ts'
import { createResponseCache } from '../../src/serving/response-cache.ts'
import { quiet } from '../serving/setup.ts'
import { draft, experimentSetup, type ExperimentSetup, given, seeded } from './experiment-setup.ts'

/** Two arms of which the second has nobody, so that who comes there does so for another reason. */
const allToFirst = (first: string, second: string) => [
  { version: first, weight: 1 },
  { version: second, weight: 0 }
]

/**
 * On model `m`, whose default is `v1` and whose alias `stable` is `v1` as well: an experiment that gives everybody `v2`,
 * a sticky one that gives everybody `v3` now, and an experiment on `stable`.
 */
async function everything(t: Parameters<typeof experimentSetup>[0]): Promise<ExperimentSetup> {
  const made = await experimentSetup(t)
  const { experiments, server, time } = made
  await server.moveAlias('m', 'default', 'v1')
  await server.moveAlias('m', 'stable', 'v1')
  const add = async (more: Record<string, unknown>): Promise<void> => {
    const { definition } = await experiments.create({ ...draft, ...more })
    await experiments.start(definition.id)
    time.pass(1)
  }
  await add({ id: 'sticky', arms: allToFirst('v3', 'v1'), isSticky: true, coverage: 1 })
  await made.ask(given('regular'))
  await experiments.change('sticky', { coverage: 0, overrides: { listed: 'v3' } })
  await add({ id: 'plain', arms: allToFirst('v2', 'v1'), overrides: { boss: 'v1', regular2: 'v1' } })
  await add({ id: 'late', arms: allToFirst('v3', 'v1') })
  await add({ id: 'aliased', alias: 'stable', arms: allToFirst('v2', 'v1'), coverage: 1 })
  return made
}

/** What is asked, and who answers why: version, reason, experiment and arm. */
const table: readonly [what: string, Partial<InferRequest>, string, RouteReason, string?][] = [
  ['a version that is named beats all', { version: 'v1', ...given('boss') }, 'v1', 'version'],
  ['a list beats what served before and what the unit belongs to', given('boss'), 'v1', 'override', 'plain/v1'],
  ['the list of another experiment does so too', given('listed'), 'v3', 'override', 'sticky/v3'],
  ['what served before beats what the unit belongs to', given('regular'), 'v3', 'sticky', 'sticky/v3'],
  ['the oldest that takes the unit decides', given('anybody'), 'v2', 'experiment', 'plain/v2'],
  ['naming the default is naming nothing', { version: 'default', ...given('anybody') }, 'v2', 'experiment', 'plain/v2'],
  ['an empty name is naming nothing', { version: '', ...given('anybody') }, 'v2', 'experiment', 'plain/v2'],
  ['an alias has experiments of its own', { version: 'stable', ...given('a') }, 'v2', 'experiment', 'aliased/v2'],
  ['of which lists of others say nothing', { version: 'stable', ...given('boss') }, 'v2', 'experiment', 'aliased/v2'],
  ['who may take no part is answered by the default', { mayExperiment: false, ...given('boss') }, 'v1', 'default'],
  ['or by the alias', { mayExperiment: false, version: 'stable', ...given('boss') }, 'v1', 'alias']
]

function toldBy({ route }: InferReply): unknown[] {
  const { version, reason, assignment } = route
  return [version, reason, ...(assignment === undefined ? [] : [`${assignment.experiment}/${assignment.arm}`])]
}

test('a request goes where the strongest of its reasons says', async t => {
  const { ask } = await everything(t)
  for (const [what, request, ...wanted] of table) {
    const reply = await ask(request)
    assert.deepEqual(toldBy(reply), wanted, what)
    assert.equal(reply.outputs[0]!.data[0], Number(reply.route.version.slice(1)), what)
  }
})

test('an experiment on the documented API takes its requests alone', async t => {
  const { experiments, ask } = await experimentSetup(t)
  await experiments.create({ ...draft, entry: 'predict', arms: allToFirst('v2', 'v1') })
  await experiments.start('e')
  assert.equal((await ask({ ...given('u'), entry: 'predict' })).route.reason, 'experiment')
  assert.equal((await ask(given('u'))).route.reason, 'default')
})

test('what yields decides about nothing that a canary or an experiment takes', async t => {
  const { experiments, server, ask, time } = await experimentSetup(t)
  await server.moveAlias('m', 'default', 'v1')
  const start = async (more: Record<string, unknown>): Promise<void> => {
    const { definition } = await experiments.create({ ...draft, ...more })
    await experiments.start(definition.id)
    time.pass(1)
  }
  await start({ id: 'yielding', yields: true, arms: allToFirst('v3', 'v1') })
  assert.deepEqual(toldBy(await ask(given('u'))), ['v3', 'experiment', 'yielding/v3'])
  await experiments.canaries.start({ model: 'm', candidate: 'v2', steps: [0.5] })
  assert.equal((await ask(given('u'))).route.reason, 'canary')
  await start({ id: 'later', arms: allToFirst('v3', 'v1'), coverage: 1 })
  assert.deepEqual(toldBy(await ask(given('u'))), ['v3', 'experiment', 'later/v3'])
})

describe('a request without a unit of its own', () => {
  const made = { unit: { id: 'r1', isGiven: false }, requestId: 'r1' }

  test('comes to an arm by chance, and is told so', async t => {
    const { experiments, ask } = await experimentSetup(t)
    await experiments.create({
      ...draft,
      arms: [
        { version: 'v1', weight: 0.25 },
        { version: 'v2', weight: 0.75 }
      ]
    })
    await experiments.start('e')
    const arms = new Set<string>()
    for (let index = 0; index < 50; index++) {
      const { assignment } = (await ask(made)).route
      assert.deepEqual(assignment, {
        experiment: 'e',
        arm: assignment!.arm,
        probability: assignment!.arm === 'v1' ? 0.25 : 0.75,
        isSticky: false
      })
      arms.add(assignment.arm)
    }
    assert.equal(arms.size, 2)
    assert.equal((await ask(given('u'))).route.assignment!.isSticky, true)
    // Those that cannot come back are units each, and no given ones.
    const tallies = experiments.tally('e').arms
    assert.equal(tallies[0]!.units + tallies[1]!.units, 51)
    assert.equal(tallies[0]!.givenUnits + tallies[1]!.givenUnits, 1)
  })

  test('takes no part, or is refused, where the experiment says so', async t => {
    const { experiments, ask } = await experimentSetup(t)
    await experiments.create({ ...draft, missingUnit: 'skip' })
    await experiments.start('e')
    assert.equal((await ask(made)).route.reason, 'default')
    assert.equal((await ask()).route.reason, 'default')
    await experiments.put({ ...draft, missingUnit: 'refuse' }, { isRunning: true, by: 'test' })
    await assert.rejects(ask(made), { code: 'MILL_UNIT_REQUIRED' })
    assert.equal((await ask(given('u'))).route.reason, 'experiment')
    assert.equal((await ask({ version: 'v1' })).route.reason, 'version')
  })
})

describe('an arm that does not answer', () => {
  const arms = allToFirst('v2', 'v1')

  test('is stood in for by control, and the unit still counts as its own', async t => {
    const { experiments, ask, runtime } = await experimentSetup(t)
    await experiments.create({ ...draft, arms, control: 'v1' })
    await experiments.start('e')
    runtime.beforeRun = async label => {
      if (label === 'm/v2') throw new Error('broken')
    }
    const reply = await ask(given('u'))
    assert.deepEqual(toldBy(reply), ['v1', 'fallback', 'e/v2'])
    const [v2, v1] = experiments.tally('e').arms
    assert.deepEqual([v2!.units, v2!.failures, v2!.fallbacks, v1!.units, v1!.requests], [1, 1, 1, 0, 0])
  })

  test('fails where the experiment says so', async t => {
    const { experiments, ask, runtime } = await experimentSetup(t)
    await experiments.create({ ...draft, arms, control: 'v1', onFailure: 'fail' })
    await experiments.start('e')
    runtime.beforeRun = async () => {
      throw new Error('broken')
    }
    await assert.rejects(ask(given('u')), { message: /broken/ })
    const [v2] = experiments.tally('e').arms
    assert.deepEqual([v2!.failures, v2!.fallbacks, v2!.requests], [1, 0, 0])
  })

  test('is not asked while it is not ready: control answers, or else the alias', async t => {
    const { experiments, ask, server, source, time } = await experimentSetup(t)
    source.put('other', 'v1', { answer: 7 })
    const reload = server.reload()
    time.pass(10_000)
    await reload
    await experiments.create({
      ...draft,
      arms: [
        { version: 'v1', weight: 0 },
        { name: 'new', model: 'other', version: 'v1', weight: 1 }
      ]
    })
    await experiments.start('e')
    assert.deepEqual(toldBy(await ask(given('u'))), ['v1', 'experiment', 'e/new'])
    await server.unload('other')
    assert.deepEqual(toldBy(await ask(given('u'))), ['v1', 'fallback', 'e/new'])
    source.content.get('m')!.versions.delete('v1')
    const gone = server.reload('m')
    time.pass(10_000)
    await gone
    assert.deepEqual(toldBy(await ask(given('u'))), ['v3', 'default'])
  })
})

test('what a request asks wrongly is no failure of the arm', async t => {
  const { experiments, ask, runtime } = await experimentSetup(t)
  await experiments.create({ ...draft, arms: allToFirst('v2', 'v1'), control: 'v1' })
  await experiments.start('e')
  runtime.beforeRun = async () => {
    throw new MillraceError('MILL_INPUT_INVALID', 'no such input')
  }
  await assert.rejects(ask(given('u')), { code: 'MILL_INPUT_INVALID' })
  const [v2] = experiments.tally('e').arms
  assert.deepEqual([v2!.failures, v2!.requests, v2!.units], [0, 0, 0])
})

test('units on a list are answered, and do not count', async t => {
  const { experiments, ask } = await experimentSetup(t)
  await experiments.create({ ...draft, overrides: { boss: 'v2' } })
  await experiments.start('e')
  const { assignment } = (await ask(given('boss'))).route
  assert.deepEqual(assignment, { experiment: 'e', arm: 'v2', probability: 1, isSticky: true })
  assert.deepEqual(
    experiments.tally('e').arms.map(({ units }) => units),
    [0, 0]
  )
})

test('a sticky unit keeps its arm when weights change, and others move', async t => {
  const keeping = [false, true].map(async isSticky => {
    const { experiments, ask } = await experimentSetup(t)
    await experiments.create({ ...draft, isSticky })
    await experiments.start('e')
    const arms = async (): Promise<string[]> => {
      const told: string[] = []
      for (let index = 0; index < 100; index++) told.push((await ask(given(`u${index}`))).route.assignment!.arm)
      return told
    }
    const before = await arms()
    await experiments.change('e', {
      arms: [
        { version: 'v1', weight: 0.1 },
        { version: 'v2', weight: 0.9 }
      ]
    })
    const after = await arms()
    const moved = after.filter((arm, index) => arm !== before[index])
    assert.ok(moved.every(arm => arm === 'v2'))
    const fresh = (await ask(given('new'))).route.reason
    return { moved: moved.length, fresh, crossed: experiments.tally('e').crossed }
  })
  const [plain, sticky] = await Promise.all(keeping)
  assert.ok(plain!.moved > 20 && plain!.crossed === plain!.moved)
  assert.deepEqual(sticky, { moved: 0, fresh: 'experiment', crossed: 0 })
})

test('a random experiment draws each request anew, by the chance that it tells', async t => {
  const { experiments, server } = await experimentSetup(t, { random: seeded(7) })
  const arms = [
    { version: 'v1', weight: 0.3 },
    { version: 'v2', weight: 0.7 }
  ]
  await experiments.create({ ...draft, strategy: 'random', arms, coverage: 0.5 })
  await experiments.start('e')
  const counts = new Map<string | undefined, number>()
  for (let index = 0; index < 100_000; index++) {
    const decision = experiments.traffic.decide({ model: 'm', inputs: [], ...given('u') })
    assert.ok(!(decision instanceof Promise))
    const assignment = decision?.route.assignment
    if (assignment !== undefined) assert.equal(assignment.probability, assignment.arm === 'v1' ? 0.15 : 0.35)
    counts.set(assignment?.arm, (counts.get(assignment?.arm) ?? 0) + 1)
  }
  const expected = new Map([
    ['v1', 15_000],
    ['v2', 35_000],
    [undefined, 50_000]
  ])
  const chiSquare = [...expected].reduce((sum, [arm, count]) => sum + ((counts.get(arm) ?? 0) - count) ** 2 / count, 0)
  // The 0.999 quantile of the chi-square distribution with 2 degrees of freedom.
  assert.ok(chiSquare < 13.816, String(chiSquare))
  assert.equal(server.isReady('m'), true)
})

test('answers from the cache are exposures, and each arm has its own', async t => {
  const cache = createResponseCache({ maxBytes: 2 ** 20, log: quiet })
  const { experiments, ask } = await experimentSetup(t, { serving: { cache } })
  await experiments.create(draft)
  await experiments.start('e')
  const replies: InferReply[] = []
  for (let index = 0; index < 20; index++) replies.push(await ask(given(`u${index}`)))
  for (const { route, outputs } of replies) assert.equal(outputs[0]!.data[0], Number(route.version.slice(1)))
  const { arms } = experiments.tally('e')
  const sum = (key: 'units' | 'requests' | 'cached'): number => arms.reduce((total, arm) => total + arm[key], 0)
  // The first answer of each of the two versions was computed.
  assert.deepEqual([sum('units'), sum('requests'), sum('cached')], [20, 20, 18])
})
