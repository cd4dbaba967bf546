import type { TestContext } from 'node:test'
import { memoryRegistryStore } from '@millrace/store'
import { createModelServer } from '../../src/serving/create-model-server.ts'
import type { InferReply, ModelServer } from '../../src/serving/model-server.ts'
import type { ModelServerOptions } from '../../src/serving/model-server-options.ts'
import { FakeTime } from '../learner-setup.ts'
import { type FakeRuntime, fakeRuntime, type FakeSource, fakeSource } from './fakes.ts'

/** Logs nothing. */
export const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined }

export const wide = {
  maxModels: 100,
  memoryBytes: 1e9,
  maxConcurrent: 100,
  queueLimit: 1000,
  requestTimeoutMs: 1000
}

/** What a test of a model server works with. */
export interface Setup {
  source: FakeSource
  runtime: FakeRuntime
  time: FakeTime
  registry: ModelServerOptions['registry']
  open(options?: Partial<ModelServerOptions>): Promise<ModelServer>
}

/** A source, a runtime and a clock that are made up; servers that are opened on them are closed after the test. */
export function setup(t: TestContext): Setup {
  const [source, runtime, time, registry] = [fakeSource(), fakeRuntime(), new FakeTime(1000), memoryRegistryStore()]
  return {
    source,
    runtime,
    time,
    registry,
    async open(options) {
      const server = await createModelServer({
        sources: [source],
        runtime,
        registry,
        policy: { kind: 'all' },
        limits: wide,
        cacheTtlMs: 1000,
        log: quiet,
        now: time.now,
        monotonicNow: time.now,
        after: time.after,
        ...options
      })
      t.after(() => server.close())
      return server
    }
  }
}

/** What work comes to while time passes, for reloads that wait for files to settle. */
export async function inTime<Outcome>(time: FakeTime, work: Promise<Outcome>): Promise<Outcome> {
  const ending = new AbortController()
  const done = work.finally(() => ending.abort())
  while (!ending.signal.aborted) {
    await new Promise(setImmediate)
    time.pass(20)
  }
  return done
}

/** The number that a made-up model answers. */
export async function answerOf(server: ModelServer, model: string, version?: string): Promise<number> {
  return numberIn(await server.infer({ model, version, inputs: [] }))
}

export function numberIn({ outputs }: InferReply): number {
  return Number(outputs[0]!.data[0])
}
