import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LearnerRole } from '@millrace/engine'
import { memoryRegistryStore, type RegistryStore } from '@millrace/store'
import { createLogger } from '../src/index.ts'
import { writerRegistry } from '../src/writer-registry.ts'

/** What one process of several knows that share a store; it answers for one learner on port 8010. */
function processOver(
  registry: RegistryStore | undefined,
  { role = 'writer', host = '127.0.0.1' }: { role?: LearnerRole; host?: string } = {}
) {
  const lines: string[] = []
  const health = () => ({ role, sequence: 7, snapshotSequence: 0, problem: undefined })
  const writers = writerRegistry({
    learners: new Map([['inference', { id: 'inference-knn_regressor', name: 'knn_regressor', health }]]),
    registry,
    host,
    logger: createLogger({ level: 'info', destination: { write: line => void lines.push(line) } })
  })
  return { lines, find: writers.finder('inference-knn_regressor'), announce: () => writers.announce(addresses) }
}

const addresses = [
  { name: 'inference', url: 'http://127.0.0.1:8010' },
  { name: 'features', url: 'http://127.0.0.1:8001' }
]

test('a writer is found by the other processes, and does not send anybody to itself', async () => {
  const registry = memoryRegistryStore()
  const [writer, reader] = [processOver(registry), processOver(registry, { role: 'reader' })]
  assert.equal(await reader.find(), undefined)
  await writer.announce()
  await reader.announce()
  const { instance, pid, ...place } = (await reader.find())!
  assert.deepEqual(place, { name: 'knn_regressor', role: 'writer', host: '127.0.0.1', port: 8010, sequence: 7 })
  assert.equal(pid, process.pid)
  assert.match(String(instance), /^[\da-f-]{36}$/)
  assert.equal(await writer.find(), undefined)
})

test('the writer of now is the one that was announced last', async () => {
  const registry = memoryRegistryStore()
  const [before, after] = [processOver(registry), processOver(registry)]
  await before.announce()
  await after.announce()
  assert.equal((await before.find())?.['port'], 8010)
  assert.equal(await after.find(), undefined)
})

test('who listens on every address is found by the name of the machine', async () => {
  const registry = memoryRegistryStore()
  await processOver(registry, { host: '0.0.0.0' }).announce()
  const found = await processOver(registry).find()
  assert.ok(!['0.0.0.0', ''].includes(String(found?.['host'])))
})

test('a registry that cannot be written is logged and keeps nobody from serving', async () => {
  const failing = {
    ...memoryRegistryStore(),
    async put(): Promise<never> {
      throw new Error('disk full')
    }
  }
  const { announce, lines } = processOver(failing)
  await announce()
  assert.equal(lines.length, 1)
  assert.match(lines[0]!, /"learner":"inference-knn_regressor".*learner not registered/)
  await processOver(undefined).announce()
})
