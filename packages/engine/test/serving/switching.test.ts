import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { createRuntime } from '@millrace/runtime'
import { folderSource, memoryRegistryStore } from '@millrace/store'
import { createModelServer } from '../../src/serving/create-model-server.ts'
import { linearOnnx } from '../../src/serving/learners/linear-onnx.ts'
import type { InferReply, ModelServer, ServingEvents } from '../../src/serving/model-server.ts'
import { quiet, wide } from './setup.ts'

/** An ONNX file that adds `offset` to its one feature. */
function adder(offset: number): { onnx: Uint8Array; metadata: string } {
  const linear = { means: Float64Array.of(0), deviations: Float64Array.of(1), weights: Float64Array.of(1) }
  const onnx = linearOnnx({ ...linear, intercept: offset }, {})
  const sha256 = createHash('sha256').update(onnx).digest('hex')
  return { onnx, metadata: JSON.stringify({ sha256, offset }) }
}

async function put(folder: string, version: string, offset: number): Promise<void> {
  const place = path.join(folder, 'adder', version)
  await mkdir(place, { recursive: true })
  const { onnx, metadata } = adder(offset)
  await writeFile(path.join(place, 'model.onnx'), onnx)
  await writeFile(path.join(place, 'metadata.json'), metadata)
}

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-switching-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}

async function serve(t: TestContext, folder: string, events: ServingEvents = {}): Promise<ModelServer> {
  const runtime = createRuntime()
  const server = await createModelServer({
    sources: [folderSource({ folder })],
    runtime,
    registry: memoryRegistryStore(),
    policy: { kind: 'all' },
    limits: wide,
    cacheTtlMs: 0,
    events,
    log: quiet
  })
  t.after(async () => {
    await server.close()
    await runtime.close()
  })
  return server
}

/** Ask all the time, many at once, while `work` is done; the number of answers by what was added. */
async function underLoad(server: ModelServer, work: () => Promise<void>): Promise<Map<number, number>> {
  const answers = new Map<number, number>()
  const done = new AbortController()
  const loop = async (seed: number): Promise<void> => {
    for (let x = seed; !done.signal.aborted; x++) {
      const offset = check(x, await ask(server, x))
      answers.set(offset, (answers.get(offset) ?? 0) + 1)
      // Lets file system and timers have their turn, as a server over a network does.
      await new Promise(setImmediate)
    }
  }
  const loops = Array.from({ length: 50 }, (_, seed) => loop(seed))
  try {
    await work()
  } finally {
    done.abort()
  }
  await Promise.all(loops)
  return answers
}

function ask(server: ModelServer, x: number): Promise<InferReply> {
  const input = { name: 'features', datatype: 'FP64', shape: [1, 1], data: Float64Array.of(x) } as const
  return server.infer({ model: 'adder', inputs: [input] })
}

/** The answer must be that of the version the reply names. */
function check(x: number, { served, outputs }: InferReply): number {
  const offset = Number(served.metadata.raw['offset'])
  assert.equal(outputs[0]!.data[0], x + offset)
  return offset
}

test('100 moves of the default under load fail no request, and every answer is of the version it names', async t => {
  const folder = await folderFor(t)
  await put(folder, '1.0', 1000)
  await put(folder, '2.0', 2000)
  const server = await serve(t, folder)
  const answers = await underLoad(server, async () => {
    for (let move = 0; move < 100; move++) {
      const version = move % 2 === 0 ? '1.0' : '2.0'
      await server.moveAlias('adder', 'default', version)
      const { route } = await ask(server, 0)
      assert.equal(route.version, version)
    }
  })
  assert.deepEqual(new Set(answers.keys()), new Set([1000, 2000]))
  assert.equal(
    server.statistics().reduce((sum, { fail }) => sum + fail.count, 0),
    0
  )
})

test('files replaced in place under load are taken over whole, and never half-written', async t => {
  const folder = await folderFor(t)
  await put(folder, '1.0', 1000)
  const server = await serve(t, folder)
  const file = path.join(folder, 'adder', '1.0', 'model.onnx')
  const answers = await underLoad(server, async () => {
    for (let offset = 1001; offset <= 1008; offset++) {
      const { onnx, metadata } = adder(offset)
      await writeHalf(file, onnx)
      const half = await server.reload()
      assert.deepEqual(half.loaded, [], 'half of a file')
      assert.equal(check(0, await ask(server, 0)), offset - 1)
      await writeFile(file, onnx)
      await writeFile(`${path.dirname(file)}/metadata.json.tmp`, metadata)
      await server.reload()
      assert.equal(check(0, await ask(server, 0)), offset - 1, 'the checksum is that of the old file')
      await rename(`${path.dirname(file)}/metadata.json.tmp`, `${path.dirname(file)}/metadata.json`)
      await server.reload()
      assert.equal(check(0, await ask(server, 0)), offset)
    }
  })
  assert.ok(answers.has(1001))
  assert.equal(server.statistics('adder', '1.0')[0]!.fail.count, 0)
})

test('a version that is put into a watched folder is served without a word', async t => {
  const folder = await folderFor(t)
  await put(folder, '1.0', 1000)
  const { promise, resolve } = Promise.withResolvers<void>()
  const server = await serve(t, folder, { loaded: ({ version }) => (version === '1.10' ? resolve() : undefined) })
  await put(folder, '1.9', 1900)
  await put(folder, '1.10', 2000)
  await promise
  await server.reload()
  assert.equal(check(7, await ask(server, 7)), 2000)
})

async function writeHalf(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'w')
  await handle.write(bytes.subarray(0, bytes.length / 2))
  await handle.close()
}
