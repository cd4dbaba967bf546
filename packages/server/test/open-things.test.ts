import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openThings } from '../src/open-things.ts'

/** Things that tell in `closed` when they are closed. */
function closing() {
  const closed: string[] = []
  const thing = (name: string, problem?: Error) => ({
    name,
    async close() {
      closed.push(name)
      if (problem !== undefined) throw problem
    }
  })
  return { closed, thing }
}

test('what was opened last is closed first, and once', async () => {
  const { closed, thing } = closing()
  const things = openThings()
  for (const name of ['a', 'b', 'c']) await things.keep(thing(name))
  await things.close()
  await things.close()
  assert.deepEqual(closed, ['c', 'b', 'a'])
})

test('of things opened together all are known when one of them fails', async () => {
  const { closed, thing } = closing()
  const things = openThings()
  const slow = Promise.withResolvers<ReturnType<typeof thing>>()
  const failure = new Error('taken')
  const opened = things.together([things.keep(Promise.reject(failure)), things.keep(slow.promise)])
  slow.resolve(thing('slow'))
  await assert.rejects(opened, failure)
  await things.close()
  assert.deepEqual(closed, ['slow'])
})

test('together gives what each comes to, in their order', async () => {
  const things = openThings()
  assert.deepEqual(await things.together([Promise.resolve(1), 'b', undefined]), [1, 'b', undefined])
})

test('one that cannot be closed keeps no other from being closed', async () => {
  const { closed, thing } = closing()
  const things = openThings()
  const failure = new Error('disk full')
  await things.keep(thing('a'))
  await things.keep(thing('b', failure))
  await things.keep(thing('c', new Error('later')))
  await assert.rejects(things.close(), { message: 'later' })
  assert.deepEqual(closed, ['c', 'b', 'a'])
})
