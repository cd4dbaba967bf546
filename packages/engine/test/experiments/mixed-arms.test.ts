import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { createRuntime, type NamedTensor } from '@millrace/runtime'
import { folderSource, memoryRegistryStore } from '@millrace/store'
import type { Experiments } from '../../src/experiments/experiments.ts'
import { memoryLedger } from '../../src/experiments/ledger/memory-ledger.ts'
import { openExperiments } from '../../src/experiments/open-experiments.ts'
import type { ServedLearner } from '../../src/learning/served-learner.ts'
import { createModelServer } from '../../src/serving/create-model-server.ts'
import type { ModelServer } from '../../src/serving/model-server.ts'
import { memoryLearner, temporaryFolder } from '../learner-setup.ts'
import { numberIn, quiet, wide } from '../serving/setup.ts'
import { given } from './experiment-setup.ts'

/** A learner in service, and the model `m` whose version `1` is what the learner was, as an ONNX file. */
async function setup(
  t: TestContext
): Promise<{ server: ModelServer; learner: ServedLearner; experiments: Experiments }> {
  const folder = temporaryFolder(t)
  const learner = await memoryLearner()
  await learner.learnMany([1, 2, 3, 4].map(a => ({ features: { a, b: 1 / a }, target: 3 * a })))
  const runtime = createRuntime()
  const registry = memoryRegistryStore()
  const experiments = await openExperiments({ registry, ledger: memoryLedger(), log: quiet })
  const server = await createModelServer({
    sources: [folderSource({ folder })],
    runtime,
    registry,
    learners: new Map([['linear', learner]]),
    policy: { kind: 'latest', count: 3 },
    limits: wide,
    cacheTtlMs: 0,
    traffic: experiments.traffic,
    log: quiet
  })
  t.after(async () => {
    await experiments.close()
    await server.close()
    await runtime.close()
    await learner.close()
  })
  const place = path.join(folder, 'm', '1')
  const onnx = await server.exportOnnx('linear')
  mkdirSync(place, { recursive: true })
  writeFileSync(path.join(place, 'model.onnx'), onnx)
  const sha256 = createHash('sha256').update(onnx).digest('hex')
  writeFileSync(path.join(place, 'metadata.json'), JSON.stringify({ sha256, features: ['a', 'b'] }))
  await server.reload()
  await experiments.attach(server)
  return { server, learner, experiments }
}

const draft = {
  arms: [
    { name: 'onnx', model: 'm', version: '1' },
    { name: 'learner', model: 'linear', version: 'live' }
  ]
}

test('an ONNX model and a learner are arms of one experiment, whichever the request was made for', async t => {
  const { server, learner, experiments } = await setup(t)
  await experiments.create({ id: 'a', model: 'm', ...draft })
  await experiments.start('a')
  await experiments.create({ id: 'b', model: 'linear', ...draft, control: 'learner' })
  await experiments.start('b')
  const expected = learner.predict({ a: 5, b: 0.2 })
  const [spec] = server.model('m').versions[0]!.served!.inputs
  const input: NamedTensor = { name: spec!.name, datatype: 'FP64', shape: [1, 2], data: Float64Array.of(5, 0.2) }
  const rows: NamedTensor = { name: 'features', datatype: 'FP64', shape: [1, 2], data: Float64Array.of(0.2, 5) }
  const answered = new Set<string>()
  for (let index = 0; index < 20; index++) {
    const who = given(`u${index}`)
    const replies = [
      await server.infer({ model: 'm', inputs: [input], ...who }),
      await server.infer({ model: 'linear', inputs: [rows], featureNames: ['b', 'a'], outputs: ['prediction'], ...who })
    ]
    for (const reply of replies) {
      assert.ok(Math.abs(numberIn(reply) - expected) < 1e-9)
      answered.add(`${reply.route.assignment!.experiment}/${reply.route.assignment!.arm}`)
    }
    assert.equal(replies[1]!.outputs[0]!.name, 'prediction')
  }
  assert.deepEqual([...answered].toSorted(), ['a/learner', 'a/onnx', 'b/learner', 'b/onnx'])
})
