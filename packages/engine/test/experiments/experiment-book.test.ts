import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryRegistryStore } from '@millrace/store'
import type { ExperimentBook } from '../../src/experiments/experiment-book.ts'
import { withHistory } from '../../src/experiments/experiment-history.ts'
import type { ExperimentRecord } from '../../src/experiments/experiment.ts'
import { openExperimentBook } from '../../src/experiments/open-experiment-book.ts'
import { memoryLog } from '../learner-setup.ts'
import { record } from './records.ts'

const described = (description: string) => (kept: ExperimentRecord) => ({
  ...kept,
  definition: { ...kept.definition, description }
})

const append = (kept: ExperimentRecord): ExperimentRecord => withHistory(kept, { at: 1, what: 'changed' })

const refuse = (): never => {
  throw new Error('no')
}

async function openBook(registry = memoryRegistryStore()): Promise<ExperimentBook> {
  return openExperimentBook({ registry, log: memoryLog() })
}

test('a record is what it was when it is read by another process', async () => {
  const registry = memoryRegistryStore()
  const [here, there] = [await openBook(registry), await openBook(registry)]
  const kept = record({ overrides: { ['__proto__']: 'v2' } }, { startedAt: 5, canary: undefined })
  await here.create(kept)
  assert.equal(there.all.size, 0)
  await there.refresh()
  const { record: found, revision } = there.all.get('e')!
  assert.equal(revision, 1)
  assert.deepEqual(JSON.parse(JSON.stringify(found)), JSON.parse(JSON.stringify(kept)))
  assert.deepEqual(Object.keys(found.definition.overrides), ['__proto__'])
  assert.deepEqual((await openBook(registry)).all.get('e'), there.all.get('e'))
})

test('of two that create an experiment of the same id one does', async () => {
  const registry = memoryRegistryStore()
  const books = [await openBook(registry), await openBook(registry)]
  const made = await Promise.allSettled(books.map(book => book.create(record())))
  assert.deepEqual(made.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
  const refused = made.find(one => one.status === 'rejected')!
  assert.equal(refused.reason.code, 'MILL_EXPERIMENT_EXISTS')
})

test('changes that several processes make at the same time are all made, on what is there', async () => {
  const registry = memoryRegistryStore()
  const books = [await openBook(registry), await openBook(registry), await openBook(registry)]
  await books[0]!.create(record())
  await Promise.all(books.flatMap(book => [book.change('e', append), book.change('e', append)]))
  await books[1]!.refresh()
  const { record: found, revision } = books[1]!.all.get('e')!
  assert.equal(revision, 7)
  assert.deepEqual(
    found.history.map(entry => entry.revision),
    [2, 3, 4, 5, 6, 7]
  )
})

test('a change that is refused leaves the record as it is, and one that changes nothing is not written', async () => {
  const registry = memoryRegistryStore()
  const book = await openBook(registry)
  await book.create(record())
  await assert.rejects(book.change('e', refuse), { message: 'no' })
  assert.equal((await book.change('e', kept => kept)).revision, 1)
  assert.equal((await registry.get('experiment', 'e'))!.revision, 1)
})

test('what others have done is so here as soon as a change finds that nothing is left to do', async () => {
  const registry = memoryRegistryStore()
  const [here, there] = [await openBook(registry), await openBook(registry)]
  await here.create(record({}, { state: 'running' }))
  await there.refresh()
  await here.change('e', kept => ({ ...kept, state: 'stopped' }))
  const { record: found } = await there.change('e', kept => kept)
  assert.deepEqual([found.state, there.all.get('e')!.record.state], ['stopped', 'stopped'])
})

test('a change of a revision that is no more is refused', async () => {
  const book = await openBook()
  await book.create(record())
  await book.change('e', described('a'), 1)
  await assert.rejects(book.change('e', described('b'), 1), { code: 'MILL_REVISION_CONFLICT' })
  await assert.rejects(book.remove('e', undefined, 1), { code: 'MILL_REVISION_CONFLICT' })
  assert.equal(book.all.get('e')!.record.definition.description, 'a')
})

test('what is not there cannot be changed or removed', async () => {
  const book = await openBook()
  await assert.rejects(book.change('e', described('a')), { code: 'MILL_EXPERIMENT_NOT_FOUND' })
  await assert.rejects(book.remove('e'), { code: 'MILL_EXPERIMENT_NOT_FOUND' })
})

test('one that is made anew after it was removed begins with a later phase', async () => {
  const registry = memoryRegistryStore()
  const [here, there] = [await openBook(registry), await openBook(registry)]
  await here.create(record({}, { phase: 3 }))
  await there.refresh()
  await here.remove('e')
  await assert.rejects(there.change('e', described('late')), { code: 'MILL_EXPERIMENT_NOT_FOUND' })
  await there.refresh()
  assert.deepEqual([...here.all, ...there.all], [])
  await assert.rejects(here.remove('e'), { code: 'MILL_EXPERIMENT_NOT_FOUND' })
  assert.equal((await there.create(record())).record.phase, 4)
})

test('changes are heard of once each, those of others when they are read', async () => {
  const registry = memoryRegistryStore()
  const [here, there] = [await openBook(registry), await openBook(registry)]
  const heard: string[] = []
  const stop = there.onChange(id => heard.push(id))
  await here.create(record({ id: 'a' }))
  await there.create(record({ id: 'b' }))
  await Promise.all([there.refresh(), there.refresh(), there.refresh()])
  assert.deepEqual(heard, ['b', 'a'])
  stop()
  await there.remove('b')
  assert.deepEqual(heard, ['b', 'a'])
})

test('entries of an unknown form are told, decide nothing, and stay as they are', async () => {
  const registry = memoryRegistryStore()
  const broken = { ...record(), allocation: [[0, 10_000, 7]] }
  const { bandit: _bandit, ...definition } = record().definition
  const incomplete = { ...record(), definition }
  const values = [
    null,
    7,
    { form: 2, record: record() },
    ...[undefined, broken, incomplete].map(one => ({ form: 1, record: one }))
  ]
  for (const [index, value] of values.entries()) {
    await registry.put({ kind: 'experiment', name: `x${index}`, value })
  }
  const log = memoryLog()
  const book = await openExperimentBook({ registry, log })
  await book.refresh()
  assert.deepEqual([...book.all], [])
  assert.deepEqual(log.said, Array(values.length).fill('experiment of an unknown form left alone'))
  await assert.rejects(book.create(record({ id: 'x2' })), { code: 'MILL_EXPERIMENT_EXISTS' })
  await assert.rejects(book.change('x2', described('a')), { code: 'MILL_EXPERIMENT_STATE' })
  const kept = (await registry.list('experiment')).map(({ value }) => value)
  assert.equal(JSON.stringify(kept), JSON.stringify(values))
})
