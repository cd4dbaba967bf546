import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { PythonRandom } from '@millrace/common'
import { openEmbeddedStore, redisRegistryStore, type RegistryStore, watchRegistry } from '@millrace/store'
import { connectTo, startRedis, withoutRedis } from '../../../store/test/redis-server.ts'
import { until } from '../../../store/test/until.ts'
import type { Experiments } from '../../src/experiments/experiments.ts'
import { temporaryFolder } from '../learner-setup.ts'
import { draft, experimentSetup } from './experiment-setup.ts'

const ids = Array.from({ length: 2000 }, (_, index) => (index % 2 === 0 ? `user-${index}` : `ユーザー${index}`))
const arms = [
  { version: 'v1', weight: 0.2 },
  { version: 'v2', weight: 0.3 },
  { version: 'v3', weight: 0.5 }
]

/** What every unit gets, asked in some order. */
function assignments({ traffic }: Experiments, order: readonly string[] = ids): Record<string, string> {
  const got = new Map<string, string>()
  for (const id of order) {
    const decision = traffic.decide({ model: 'm', inputs: [], unit: { id, isGiven: true } })
    assert.ok(!(decision instanceof Promise))
    got.set(id, decision?.route.assignment?.arm ?? '-')
  }
  return Object.fromEntries(ids.map(id => [id, got.get(id)!]))
}

async function openIn(
  t: TestContext,
  folder: string
): Promise<{ registry: RegistryStore; close: () => Promise<void> }> {
  const limits = { idsRemembered: 10, pendingTtlMs: 1000, pendingLimit: 10 }
  const { registry, close } = await openEmbeddedStore({ folder, durability: 'fsync', ...limits })
  t.after(close)
  return { registry, close }
}

test('after a restart every unit gets what it got, and changes of weights hold', async t => {
  const folder = temporaryFolder(t)
  const first = await openIn(t, folder)
  const before = await experimentSetup(t, { registry: first.registry })
  await before.experiments.create({ ...draft, arms, coverage: 0.8 })
  await before.experiments.start('e')
  const other = [0.4, 0.3, 0.3].map((weight, index) => ({ version: `v${index + 1}`, weight }))
  await before.experiments.change('e', { arms: other, coverage: 0.9 })
  const [view, got] = [before.experiments.get('e'), assignments(before.experiments)]
  await before.experiments.close()
  await first.close()
  const second = await openIn(t, folder)
  const after = await experimentSetup(t, { registry: second.registry, random: () => 0.5 })
  assert.deepEqual(after.experiments.get('e'), view)
  assert.deepEqual(assignments(after.experiments), got)
})

test('the order in which units come decides nothing', async t => {
  const { experiments } = await experimentSetup(t)
  await experiments.create({ ...draft, arms, coverage: 0.8 })
  await experiments.start('e')
  const shuffled = [...ids, ...ids]
  new PythonRandom(3).shuffle(shuffled)
  const expected = assignments(experiments)
  assert.deepEqual(assignments(experiments, shuffled), expected)
  assert.deepEqual(new Set(Object.values(expected)), new Set(['-', 'v1', 'v2', 'v3']))
})

/** Experiments that take over what others change as soon as they hear of it. */
async function processes(t: TestContext, count: number): Promise<Experiments[]> {
  const server = await startRedis(t)
  const opened: Experiments[] = []
  for (let index = 0; index < count; index++) {
    const redis = await connectTo(t, server)
    const { experiments } = await experimentSetup(t, { registry: redisRegistryStore(redis) })
    t.after(
      watchRegistry(redis, ({ kind }) => void (kind === 'experiment' && experiments.refresh().catch(() => undefined)))
    )
    opened.push(experiments)
  }
  const watching = await connectTo(t, server)
  await until(async () => {
    const [, watchers] = (await watching.send(['PUBSUB', 'NUMSUB', 'registry:changes'])) as [string, number]
    return watchers === count
  })
  return opened
}

describe('two processes on one Redis', { skip: withoutRedis, timeout: 60_000 }, () => {
  test('give every unit the same, from the moment that they know of a change', async t => {
    const [here, there] = (await processes(t, 2)) as [Experiments, Experiments]
    await here.create({ ...draft, arms, coverage: 0.8 })
    await here.start('e')
    await until(() => there.list()[0]?.state === 'running')
    assert.deepEqual(assignments(there), assignments(here))
    await there.change('e', { coverage: 1, arms: arms.toReversed() })
    await until(() => here.get('e').revision === 3)
    assert.deepEqual(assignments(here), assignments(there))
    assert.deepEqual(here.get('e'), there.get('e'))
    await here.pause('e')
    await until(() => there.get('e').state === 'paused')
    assert.deepEqual(new Set(Object.values(assignments(there))), new Set(['-']))
  })

  test('that change one experiment at the same time make every change once', async t => {
    const all = await processes(t, 3)
    await all[0]!.create(draft)
    await Promise.all(all.map(one => one.refresh()))
    const lists = all.flatMap((one, index) =>
      [0, 1, 2, 3].map(turn =>
        one.change('e', { description: `${index} ${turn}`, coverage: (index * 4 + turn + 1) / 100 })
      )
    )
    const revisions = (await Promise.all(lists)).map(({ revision }) => revision)
    assert.deepEqual(
      revisions.toSorted((a, b) => a - b),
      Array.from({ length: 12 }, (_, index) => index + 2)
    )
    await Promise.all(all.map(one => one.refresh()))
    for (const one of all) assert.deepEqual(one.get('e'), all[0]!.get('e'))
    const told = all[0]!.get('e').history.map(({ revision }) => revision)
    assert.deepEqual(
      told,
      Array.from({ length: 13 }, (_, index) => index + 1)
    )
  })

  test('of which several put the same make one of it', async t => {
    const all = await processes(t, 3)
    const views = await Promise.all(all.map(one => one.put(draft, { isRunning: true, by: 'settings' })))
    assert.deepEqual(
      views.map(({ revision, state }) => [revision, state]),
      [
        [1, 'running'],
        [1, 'running'],
        [1, 'running']
      ]
    )
  })
})
