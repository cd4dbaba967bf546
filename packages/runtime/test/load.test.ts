import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import type { Worker } from 'node:worker_threads'
import * as fc from 'fast-check'
import { createRuntime } from '../src/index.ts'
import { startSessionThread } from '../src/session-thread.ts'
import { fixture, floats, load, numbers, places } from './fixtures.ts'

/** Starts threads as usual, and tells which. */
function watchedThreads(): { startThread: () => Worker; started: Worker[] } {
  const started: Worker[] = []
  const startThread = (): Worker => {
    const worker = startSessionThread()
    started.push(worker)
    return worker
  }
  return { startThread, started }
}

function temporaryFile(t: TestContext, bytes: Uint8Array): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-runtime-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(path.join(folder, 'model.onnx'), bytes)
  return path.join(folder, 'model.onnx')
}

describe('a model goes', () => {
  test('to the calling thread without any other, when it is small and nobody is served yet', async t => {
    const { startThread, started } = watchedThreads()
    const model = await load(t, 'mlp', {}, { startThread })
    assert.equal(model.facts.placement, 'inline')
    assert.equal(started.length, 0)
  })

  test('to the calling thread after a trial in another, when others are served', async t => {
    const { startThread, started } = watchedThreads()
    // However busy the machine is.
    const model = await load(t, 'mlp', { isServing: true }, { startThread, inlineLimitUs: 1e6, inlineCreateMs: 1e4 })
    assert.equal(model.facts.placement, 'inline')
    assert.equal(started.length, 1)
  })

  test('to a thread of its own, when its runs take longer than they may', async t => {
    for (const isServing of [true, false]) {
      const model = await load(t, 'mlp', { isServing }, { inlineLimitUs: 0 })
      assert.equal(model.facts.placement, 'thread')
      assert.equal(model.facts.unbatchable, undefined)
    }
  })

  test('where it is told to', async t => {
    const { startThread, started } = watchedThreads()
    assert.equal(
      (await load(t, 'mlp', { placement: 'thread', instances: 2 }, { startThread })).facts.placement,
      'thread'
    )
    assert.equal(started.length, 2)
    assert.equal((await load(t, 'mlp', { placement: 'inline' }, { inlineLimitUs: 0 })).facts.placement, 'inline')
  })
})

test('a request that would hold the calling thread too long goes to another', async t => {
  const { startThread, started } = watchedThreads()
  const model = await load(t, 'lookup', {}, { startThread, turnLimitMs: 0.1 })
  const many = Array.from({ length: 200_000 }, (_, index) => index % 5)
  const input = { ...places(), shape: [many.length], data: BigInt64Array.from(many, BigInt) }
  const answers = await Promise.all([model.run({ inputs: [input] }), model.run({ inputs: [places(3)] })])
  assert.deepEqual(numbers(answers[0]).slice(0, 6), [0, 1, 2, 3, 4, 5])
  assert.equal(numbers(answers[0]).length, 400_000)
  assert.deepEqual(numbers(answers[1]), [6, 7])
  assert.equal(started.length, 1)
})

test('a model whose runs turn out long leaves the calling thread', async t => {
  const { startThread, started } = watchedThreads()
  const model = await load(t, 'laps', {}, { startThread, turnLimitMs: 0.5 })
  assert.equal(model.facts.placement, 'inline')
  for (let run = 0; run < 4; run++) await model.run({ inputs: [floats('x', [[20_000]])] })
  assert.equal(started.length, 1)
})

test('when the file is gone, long requests run on the calling thread nevertheless', async t => {
  const file = temporaryFile(t, readFileSync(fixture('lookup')))
  const model = await load(t, 'lookup', { path: file }, { turnLimitMs: 0 })
  rmSync(file)
  assert.deepEqual(numbers(await model.run({ inputs: [places(1, 2)] })), [2, 3, 4, 5])
})

describe('a thread that ends', () => {
  test('fails what it ran, and is replaced', async t => {
    const { startThread, started } = watchedThreads()
    const model = await load(t, 'lookup', { placement: 'thread' }, { startThread })
    // A thread is ended while it is idle only: the native library ends the process when that happens during a run.
    started[0]!.postMessage = () => void started[0]!.terminate()
    const lost = model.run({ inputs: [places(1)] })
    const waiting = model.run({ inputs: [places(2)] })
    await assert.rejects(lost, { code: 'MILL_RUN_FAILED', message: /the thread of the session ended/ })
    assert.deepEqual(numbers(await waiting), [4, 5])
    assert.equal(started.length, 2)
  })

  test('fails what waits, too, when the file has changed; and works again when it is back', async t => {
    const { startThread, started } = watchedThreads()
    const bytes = readFileSync(fixture('lookup'))
    const file = temporaryFile(t, bytes)
    const model = await load(t, 'lookup', { path: file, placement: 'thread' }, { startThread })
    writeFileSync(file, readFileSync(fixture('mlp')))
    await started[0]!.terminate()
    await assert.rejects(model.run({ inputs: [places(1)] }), {
      code: 'MILL_RUN_FAILED',
      message: /the file has SHA-256/
    })
    writeFileSync(file, bytes)
    assert.deepEqual(numbers(await model.run({ inputs: [places(1)] })), [2, 3])
  })
})

const refusal = (message: RegExp): object => ({ code: 'MILL_MODEL_INVALID', message })

describe('a model fails to load', () => {
  const wasm = Uint8Array.of(0, 97, 115, 109)
  for (const isServing of [true, false]) {
    const where = isServing ? 'in a thread' : 'on the calling thread'

    test(`${where}, when it is no ONNX file`, async t => {
      const file = temporaryFile(t, wasm)
      const message = /^failed to load broken: .*protobuf parsing failed/
      await assert.rejects(load(t, 'mlp', { label: 'broken', path: file, isServing }), refusal(message))
    })

    test(`${where}, when it is empty`, async t => {
      const file = temporaryFile(t, new Uint8Array())
      await assert.rejects(
        load(t, 'mlp', { path: file, isServing }),
        refusal(/^failed to load mlp version 1: the file is empty$/)
      )
    })

    test(`${where}, when it is not there`, async t => {
      const message = /^failed to load mlp version 1: the file cannot be read: ENOENT$/
      await assert.rejects(load(t, 'mlp', { path: '/nowhere/model.onnx', isServing }), refusal(message))
    })

    test(`${where}, when its checksum is another`, async t => {
      await assert.rejects(
        load(t, 'mlp', { sha256: 'ab'.repeat(32), isServing }),
        refusal(/the file has SHA-256 [0-9a-f]{64}, not (ab){32}/)
      )
    })

    test(`${where}, when it takes or gives nothing but sequences`, async t => {
      await assert.rejects(load(t, 'takes_sequence', { isServing }), refusal(/: input 's' is not a tensor$/))
      await assert.rejects(
        load(t, 'only_sequence', { isServing }),
        refusal(/: no output can be served: 's' is not a tensor$/)
      )
    })

    test(`${where}, when the example does not fit`, async t => {
      const example = [floats('x', [[1, 2]])]
      await assert.rejects(load(t, 'mlp', { example, isServing }), refusal(/Expected \[-1,10\], got \[1,2\]/))
    })
  }
})

test('a file that was cut off anywhere is refused, or is a model up to there', async t => {
  const bytes = readFileSync(fixture('classes'))
  const file = temporaryFile(t, bytes)
  const runtime = createRuntime()
  t.after(() => runtime.close())
  const property = fc.asyncProperty(fc.integer({ min: 0, max: bytes.length - 1 }), async length => {
    writeFileSync(file, bytes.subarray(0, length))
    const loading = runtime.load({ label: 'cut version 1', path: file, isServing: false })
    await loading.catch(error => assert.deepEqual([error.name, error.code], ['MillraceError', 'MILL_MODEL_INVALID']))
  })
  await fc.assert(property, { numRuns: 50 })
})

test('outputs that are no tensors are left out, and named', async t => {
  const model = await load(t, 'tensor_and_sequence')
  assert.deepEqual(model.outputs, [{ name: 'y', datatype: 'FP32', shape: [-1] }])
  assert.deepEqual(model.facts.unserved, ["'s' is not a tensor"])
  const input = { name: 'x', datatype: 'FP32', shape: [2], data: Float32Array.of(1, -2) } as const
  assert.deepEqual(numbers(await model.run({ inputs: [input] })), [-1, 2])
})

test('weights in a file beside the model are found', async t => {
  for (const isServing of [true, false]) {
    const model = await load(t, 'external', { isServing })
    assert.deepEqual(numbers(await model.run({ inputs: [floats('x', [[0, 0, 0]])] })), [1, 2, 3])
  }
})

test('without that file a model fails to load, and says what it looked for', async t => {
  const file = temporaryFile(t, readFileSync(fixture('external')))
  await assert.rejects(
    load(t, 'external', { path: file }),
    refusal(/^failed to load external version 1: .*external\.weights/)
  )
})

test('the checksum may be in capitals, and is told', async t => {
  const sha256 = createHash('sha256')
    .update(readFileSync(fixture('mlp')))
    .digest('hex')
  const model = await load(t, 'mlp', { sha256: sha256.toUpperCase() })
  assert.equal(model.facts.sha256, sha256)
})

test('an example of the inputs is what the model is tried with', async t => {
  const model = await load(t, 'lookup', { example: [places(4)] })
  assert.equal(model.facts.unbatchable, undefined)
  const hopeless = await load(t, 'lookup', { example: [places(99)] })
  assert.equal(hopeless.facts.rowUs, undefined)
  assert.equal(hopeless.facts.unbatchable, 'no inputs could be made up to check it with')
})
