import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { get, post, startUp } from '../e2e/program.ts'
import { badDisk, fill, noBadDisk, noMounts, remount, tmpfs } from './mounts.ts'
import {
  codeOf,
  ids,
  kill,
  launchModel,
  learnedIds,
  type ModelService,
  observation,
  startModel,
  teach,
  teachAll
} from './model-service.ts'

/** Sends observations from `from` on until one is refused. @returns the number of that one */
async function teachUntilRefused(service: ModelService, from: number): Promise<number> {
  for (let n = from; n < from + 100_000; n++) {
    const answer = await teach(service, n)
    if (answer.status === 200) continue
    assert.deepEqual([answer.status, codeOf(answer)], [503, 'MILL_STORE_FAILED'])
    return n
  }
  throw new Error('the disk is never full')
}

async function assertPredicts({ url }: ModelService): Promise<void> {
  const { features } = observation(1)
  for (let times = 0; times < 5; times++) assert.equal((await post(`${url}/predict`, { features })).status, 200)
}

async function statusOf({ url }: ModelService): Promise<string> {
  return ((await get(`${url}/health`)).body as { status: string }).status
}

test(
  'on a full disk learning is refused and predicting goes on; with room again it learns, and nothing was lost',
  {
    skip: noMounts
  },
  async t => {
    const folder = tmpfs(t, 4096)
    const settings = { MILLRACE_SNAPSHOT_BYTES: '65536', MILLRACE_SNAPSHOT_INTERVAL: '1' }
    const service = await startModel(t, folder, { settings })
    await teachAll(service, 1, 300)
    const makeRoom = fill(folder)
    const refused = await teachUntilRefused(service, 301)
    await assertPredicts(service)
    assert.equal(await statusOf(service), 'degraded')
    assert.equal((await teach(service, refused)).status, 503)

    makeRoom()
    await teachAll(service, refused, refused + 50)
    assert.equal(await statusOf(service), 'ok')
    await kill(service.program)
    assert.deepEqual(learnedIds(folder), ids(1, refused + 50))
    const again = await startModel(t, folder, { settings })
    await teachAll(again, refused + 40, refused + 60)
    await kill(again.program)
    assert.deepEqual(learnedIds(folder), ids(1, refused + 60))
  }
)

test('on a full disk series take no value, and go on with room again', { skip: noMounts }, async t => {
  const folder = tmpfs(t, 8192)
  const { addresses } = await startUp(t, { MILLRACE_DATA_DIR: folder })
  const add = (value: number) =>
    post(`${addresses.features}/add`, { series_id: 'a', value, observation_id: `v-${value}` })
  assert.equal((await add(1)).status, 200)
  const makeRoom = fill(folder)
  let value = 2
  let answer = await add(value)
  while (answer.status === 200) answer = await add(++value)
  assert.deepEqual([answer.status, codeOf(answer)], [503, 'MILL_STORE_FAILED'])
  makeRoom()
  const { features } = (await add(value)).body as { features: Record<string, number> }
  assert.equal(features['in_1'], value - 1)
})

test(
  'when the disk fails under a running program it refuses to learn, and predicts on',
  { skip: noBadDisk },
  async t => {
    const { folder, fail } = badDisk(t)
    const service = await startModel(t, folder)
    await teachAll(service, 1, 50)
    fail()
    const answer = await teach(service, 51)
    assert.deepEqual([answer.status, codeOf(answer)], [503, 'MILL_STORE_FAILED'])
    await assertPredicts(service)
    assert.equal(await statusOf(service), 'degraded')
    assert.deepEqual(learnedIds(folder), ids(1, 50))
  }
)

/** A data folder with 50 observations in it, on a disk that is read-only now. */
async function readOnlyDisk(t: TestContext): Promise<string> {
  const folder = tmpfs(t, 8192)
  const service = await startModel(t, folder)
  await teachAll(service, 1, 50)
  await kill(service.program)
  remount(folder, 'ro')
  return folder
}

test('a writer does not start on a read-only disk, and says why', { skip: noMounts }, async t => {
  const program = launchModel(t, await readOnlyDisk(t))
  assert.deepEqual(await program.exit, { code: 1, signal: null })
  assert.match(program.errors(), /^millrace: MILL_STORE_FAILED: .*(EROFS|read-only)/)
})
