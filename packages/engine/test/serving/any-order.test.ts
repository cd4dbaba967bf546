import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { MillraceError } from '@millrace/common'
import { memoryRegistryStore } from '@millrace/store'
import { createModelServer } from '../../src/serving/create-model-server.ts'
import type { ModelServer } from '../../src/serving/model-server.ts'
import { FakeTime } from '../learner-setup.ts'
import { fakeRuntime, fakeSource } from './fakes.ts'
import { numberIn, quiet, wide } from './setup.ts'

const version = fc.constantFrom('1', '2', '3', '4')
const state = fc.constantFrom('whole', 'whole', 'whole', 'incomplete', 'invalid')
const step = fc.oneof(
  fc.record({ do: fc.constant('put'), version, state, answer: fc.nat(1e6), isBroken: fc.boolean() }),
  fc.record({ do: fc.constant('remove'), version }),
  fc.record({ do: fc.constantFrom('reload', 'load', 'unload', 'rollback', 'tell', 'pass') }),
  fc.record({ do: fc.constantFrom('ask', 'move'), version }),
  fc.record({ do: fc.constant('ask') })
)
type Step = typeof step extends fc.Arbitrary<infer Kind> ? Kind : never

/** What may be said to anybody who asks for a version, or decides something, while files come and go. */
const expected = new Set([
  'MILL_MODEL_NOT_FOUND',
  'MILL_VERSION_NOT_FOUND',
  'MILL_MODEL_NOT_READY',
  'MILL_MODEL_INVALID'
])

function things(maxModels: number) {
  const [source, runtime, time] = [fakeSource(), fakeRuntime(), new FakeTime()]
  const broken = new MillraceError('MILL_MODEL_INVALID', 'broken')
  const { load } = runtime
  const brokenAnswers = new Set<string>()
  runtime.load = options => {
    if (brokenAnswers.has(options.path)) return Promise.reject(broken)
    return load(options)
  }
  // A few turns of the loop, so that all kinds of things happen meanwhile.
  runtime.beforeLoad = () => new Promise(setImmediate)
  runtime.beforeRun = () => new Promise(setImmediate)
  const open = (): Promise<ModelServer> =>
    createModelServer({
      sources: [source],
      runtime,
      registry: memoryRegistryStore(),
      policy: { kind: 'latest', count: 2 },
      limits: { ...wide, maxModels },
      cacheTtlMs: 0,
      log: quiet,
      now: time.now,
      monotonicNow: time.now,
      after: time.after
    })
  return { source, runtime, time, brokenAnswers, open }
}

test('whatever happens in whatever order, answers are of the version they name, and nothing is left behind', async () => {
  const run = async (steps: readonly Step[], maxModels: number): Promise<void> => {
    const { source, runtime, time, brokenAnswers, open } = things(maxModels)
    source.put('m', '1', { answer: 1 })
    const server = await open()
    const served = new Map([['1', new Set([1])]])
    const ask = async (wanted?: string): Promise<void> => {
      const reply = await server.infer({ model: 'm', version: wanted, inputs: [] })
      assert.ok(served.get(reply.route.version)!.has(numberIn(reply)))
      if (wanted !== undefined) assert.equal(reply.route.version, wanted)
    }
    const take = async (one: Step): Promise<unknown> => {
      switch (one.do) {
        case 'put': {
          const { version: name, answer, state: found, isBroken } = one as Extract<Step, { answer: number }>
          if (isBroken) brokenAnswers.add(String(answer))
          served.set(name, (served.get(name) ?? new Set()).add(answer))
          source.put('m', name, { answer, state: found })
          return
        }
        case 'remove':
          return source.content.get('m')!.versions.delete((one as { version: string }).version)
        case 'ask':
          return ask((one as { version?: string }).version)
        case 'move':
          return server.moveAlias('m', 'default', (one as { version: string }).version)
        case 'tell':
          return source.tell()
        case 'pass':
          return time.pass(1000)
        case 'rollback':
          return server.rollback('m')
        default:
          return server[one.do as 'reload' | 'load' | 'unload']('m')
      }
    }
    const outcomes = await Promise.allSettled(
      steps.map(async one => {
        // Steps begin one after the other, and overlap.
        for (let turn = steps.indexOf(one); turn > 0; turn--) await new Promise(setImmediate)
        await take(one)
      })
    )
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') continue
      const { reason } = outcome as { reason: { code?: string } }
      if (!expected.has(reason.code ?? '')) throw reason
    }
    await server.reload().catch(() => undefined)
    assert.ok(runtime.inMemory.size <= maxModels, `${[...runtime.inMemory].join(' ')} in memory`)
    const ready = server.models().flatMap(({ versions }) => versions.filter(one => one.state === 'READY'))
    assert.equal(runtime.inMemory.size, ready.length)
    await server.close()
    assert.deepEqual([...runtime.inMemory], [])
  }
  const scenario = [fc.array(step, { maxLength: 25 }), fc.integer({ min: 1, max: 4 })] as const
  await fc.assert(fc.asyncProperty(...scenario, run), { numRuns: 300 })
})
