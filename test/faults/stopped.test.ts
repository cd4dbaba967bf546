import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Answer, get, post, temporaryFolder } from '../e2e/program.ts'
import {
  codeOf,
  ids,
  launchModel,
  learnedIds,
  observation,
  scored,
  startModel,
  teach,
  teachAll
} from './model-service.ts'

/** Clients that teach at the same time, and how many observations each sends. */
const clients = 4
const each = 60

test('a program that is stopped under load and goes on loses nothing and doubles nothing, and stays the writer', async t => {
  const folder = temporaryFolder(t)
  const service = await startModel(t, folder)
  const half = Promise.withResolvers<void>()
  let answered = 0
  const work = Array.from({ length: clients }, async (_, client) => {
    for (let index = 0; index < each; index++) {
      const { status } = await teach(service, client * each + index)
      assert.equal(status, 200)
      if ((answered += 1) === (clients * each) / 2) half.resolve()
    }
  })
  await half.promise
  service.program.child.kill('SIGSTOP')
  const second = launchModel(t, folder)
  assert.deepEqual(await second.exit, { code: 1, signal: null })
  assert.match(second.errors(), /^millrace: MILL_WRITER_TAKEN: /)
  service.program.child.kill('SIGCONT')
  await Promise.all(work)
  assert.equal(await scored(service), clients * each)
  assert.deepEqual(learnedIds(folder).toSorted(), ids(0, clients * each - 1).toSorted())
})

test('a stopped writer that another one has taken over from acknowledges nothing any more, but still predicts', async t => {
  const folder = temporaryFolder(t)
  const old = await startModel(t, folder)
  const answers: Answer[] = []
  for (let n = 1; n <= 20; n++) answers.push(await teach(old, n))
  old.program.child.kill('SIGSTOP')
  // The system takes this one for the program; it will read it when it goes on.
  const meanwhile = teach(old, 21)
  const taken = await startModel(t, folder, { settings: { MILLRACE_ROLE: 'takeover' } })
  for (let n = 1; n <= 20; n++) assert.deepEqual((await teach(taken, n)).body, answers[n - 1]!.body)
  await teachAll(taken, 100, 110)

  old.program.child.kill('SIGCONT')
  for (const refused of [await meanwhile, await teach(old, 22)]) {
    assert.equal(codeOf(refused), 'MILL_WRITER_FENCED')
    assert.ok(refused.status >= 400)
  }
  const { features } = observation(1)
  assert.equal((await post(`${old.url}/predict`, { features })).status, 200)
  assert.equal(((await get(`${old.url}/health`)).body as { status: string }).status, 'degraded')
  await teachAll(taken, 111, 120)
  assert.equal(await scored(taken), 41)
  assert.deepEqual(learnedIds(folder), [...ids(1, 20), ...ids(100, 120)])
})
