import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { MillraceError } from '@millrace/common'
import { memoryRegistryStore } from '@millrace/store'
import { createModelServer } from '../../src/serving/create-model-server.ts'
import type { ModelServer } from '../../src/serving/model-server.ts'
import { FakeTime } from '../learner-setup.ts'
import { fakeRuntime, type FakeSource, fakeSource } from './fakes.ts'
import { inTime, numberIn, quiet, wide } from './setup.ts'

const version = fc.constantFrom('1', '2', '3', '4')
const state = fc.constantFrom('whole', 'whole', 'whole', 'incomplete', 'invalid')
const step = fc.oneof(
  fc.record({ do: fc.constant('put' as const), version, state, answer: fc.nat(1e6), isBroken: fc.boolean() }),
  fc.record({ do: fc.constantFrom('remove', 'ask version', 'move', 'load only'), version }),
  fc.record({ do: fc.constant('load files' as const), version, answer: fc.nat(1e6), isBroken: fc.boolean() }),
  fc.record({ do: fc.constantFrom('ask', 'reload', 'load', 'unload', 'rollback', 'tell', 'pass') })
)
type Step = typeof step extends fc.Arbitrary<infer Kind> ? Kind : never

/** What may be said to anybody who asks for a version, or decides something, while files come and go. */
const expected = new Set([
  'MILL_MODEL_NOT_FOUND',
  'MILL_VERSION_NOT_FOUND',
  'MILL_MODEL_NOT_READY',
  'MILL_MODEL_INVALID',
  // Time passes while requests wait.
  'MILL_DEADLINE_EXCEEDED'
])

/** A server with little room, and a source that changes under its hands. */
class Scenario {
  readonly source = fakeSource()
  readonly runtime = fakeRuntime()
  readonly time = new FakeTime()
  /** Sources of what was given with loads. */
  readonly given: FakeSource[] = []
  /** Contents that cannot be loaded. */
  readonly #broken = new Set<string>()
  /** What each version has answered or may answer. */
  readonly #answers = new Map([['1', new Set([1])]])
  #server: ModelServer | undefined

  async open(maxModels: number): Promise<ModelServer> {
    const { load } = this.runtime
    this.runtime.load = options =>
      this.#broken.has(options.path) ? Promise.reject(new MillraceError('MILL_MODEL_INVALID', 'broken')) : load(options)
    // A turn of the loop each, so that other things happen meanwhile.
    this.runtime.beforeLoad = () => new Promise(setImmediate)
    this.runtime.beforeRun = () => new Promise(setImmediate)
    this.source.put('m', '1', { answer: 1 })
    this.#server = await createModelServer({
      sources: [this.source],
      runtime: this.runtime,
      registry: memoryRegistryStore(),
      openGiven: async (model, files) => {
        const source = fakeSource('given')
        for (const [name, bytes] of files) source.put(model, name, { answer: Number(new TextDecoder().decode(bytes)) })
        this.given.push(source)
        return source
      },
      policy: { kind: 'latest', count: 2 },
      limits: { ...wide, maxModels },
      cacheTtlMs: 0,
      log: quiet,
      now: this.time.now,
      monotonicNow: this.time.now,
      after: this.time.after
    })
    return this.#server
  }

  async take(one: Step): Promise<unknown> {
    const server = this.#server!
    switch (one.do) {
      case 'put':
        return this.#put(one)
      case 'remove':
        return this.source.content.get('m')!.versions.delete(one.version)
      case 'ask':
        return this.#ask(server)
      case 'ask version':
        return this.#ask(server, one.version)
      case 'move':
        return server.moveAlias('m', 'default', one.version)
      case 'load only':
        return server.load('m', { config: { versionPolicy: { kind: 'specific', versions: [one.version] } } })
      case 'load files':
        return this.#loadFiles(server, one)
      case 'tell':
        return this.source.tell()
      case 'pass':
        return this.time.pass(1000)
      case 'reload':
      case 'load':
      case 'unload':
      case 'rollback':
        return server[one.do]('m')
    }
  }

  #put({ version: name, answer, state: found, isBroken }: Extract<Step, { do: 'put' }>): void {
    if (isBroken) this.#broken.add(String(answer))
    this.#answers.set(name, (this.#answers.get(name) ?? new Set()).add(answer))
    this.source.put('m', name, { answer, state: found })
  }

  #loadFiles(server: ModelServer, given: Extract<Step, { do: 'load files' }>): Promise<unknown> {
    const { version: name, answer, isBroken } = given
    if (isBroken) this.#broken.add(String(answer))
    this.#answers.set(name, (this.#answers.get(name) ?? new Set()).add(answer))
    return server.load('m', { config: {}, files: new Map([[name, Buffer.from(String(answer))]]) })
  }

  async #ask(server: ModelServer, wanted?: string): Promise<void> {
    const reply = await server.infer({ model: 'm', version: wanted, inputs: [] })
    const { version: name } = reply.route
    assert.ok(this.#answers.get(name)!.has(numberIn(reply)))
    if (wanted !== undefined) assert.equal(name, wanted)
  }
}

async function happen(steps: readonly Step[], maxModels: number): Promise<void> {
  const scenario = new Scenario()
  const server = await scenario.open(maxModels)
  const taken = steps.map(async (one, index) => {
    // Steps begin one after the other, and overlap.
    for (let turn = 0; turn < index; turn++) await new Promise(setImmediate)
    await scenario.take(one)
  })
  const outcomes = await inTime(scenario.time, Promise.allSettled(taken))
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected' && !expected.has((outcome.reason as { code: string }).code)) throw outcome.reason
  }
  await inTime(scenario.time, server.reload())
  const { inMemory } = scenario.runtime
  assert.ok(inMemory.size <= maxModels, `${[...inMemory].join(' ')} in memory`)
  const ready = server.models().flatMap(({ versions }) => versions.filter(one => one.state === 'READY'))
  assert.equal(inMemory.size, ready.length)
  assert.ok(scenario.given.filter(({ isClosed }) => !isClosed).length <= 1)
  await server.close()
  assert.deepEqual([...inMemory], [])
  assert.ok(scenario.given.every(({ isClosed }) => isClosed))
}

test('whatever happens in whatever order, answers are of the version they name, and nothing is left behind', async () => {
  const steps = fc.array(step, { maxLength: 25 })
  await fc.assert(fc.asyncProperty(steps, fc.integer({ min: 1, max: 4 }), happen), { numRuns: 300 })
})
