import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { freePorts, get, post, startProgram, temporaryFolder } from './program.ts'

const samples = fileURLToPath(new URL('../../models/tabular_classifier', import.meta.url))
const row = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]
const switches = 100
const askers = 16

interface Predicted {
  prediction: number
  confidence: number
  model_version: string
}

// What scikit-learn says of the row, by version: the class, and how sure it is.
const truths: Record<string, [prediction: number, confidence: number]> = {
  'v1.0': [0, 0.82],
  'v3.0': [1, 0.5616]
}

test('versions are switched a hundred times under full load, and no request fails or is answered by half a version', async t => {
  const models = temporaryFolder(t)
  for (const version of ['v1.0', 'v3.0']) {
    cpSync(path.join(samples, version), path.join(models, 'tabular_classifier', version), { recursive: true })
  }
  const program = startProgram(t, ['serve', 'inference'], {
    ...freePorts,
    MODEL_DIR: models,
    MILLRACE_DATA_DIR: temporaryFolder(t)
  })
  const { url } = (await program.entry('service is ready')) as { url: string }
  // Files that were just written are not trusted at once.
  await Promise.all(
    ['v1.0', 'v3.0'].map(version =>
      program.line(
        line => line.includes('"Loaded tabular_classifier model"') && line.includes(`"version":"${version}"`)
      )
    )
  )
  const asking = new AbortController()
  const answers: Predicted[] = []
  const ask = async (): Promise<Predicted> => {
    // Not twice the same, so that a model has to answer.
    const features = [...row.slice(0, 9), 1 + answers.length * 1e-9]
    const { status, body } = await post(`${url}/predict`, { features, use_ab_testing: false })
    assert.equal(status, 200, JSON.stringify(body))
    return body as Predicted
  }
  const loops = Array.from({ length: askers }, async () => {
    while (!asking.signal.aborted) answers.push(await ask())
  })
  try {
    for (let turn = 0; turn < switches; turn++) {
      const version = turn % 2 === 0 ? 'v3.0' : 'v1.0'
      assert.equal((await post(`${url}/models/${version}/activate`)).status, 200)
      assert.equal((await ask()).model_version, version)
      // A version that somebody is still copying, and one that is another file than its checksum says.
      if (turn === switches / 2) writeHalf(path.join(models, 'tabular_classifier/v9.0'))
    }
  } finally {
    asking.abort()
  }
  await Promise.all(loops)
  assert.ok(answers.length > switches)
  for (const { model_version: version, prediction, confidence } of answers) {
    const [expected, sureness] = truths[version] ?? assert.fail(`answered by ${version}`)
    assert.equal(prediction, expected)
    assert.ok(Math.abs(confidence - sureness) < 1e-3)
  }
  assert.deepEqual(new Set(answers.map(each => each.model_version)), new Set(['v1.0', 'v3.0']))
  assert.equal((await post(`${url}/models/v9.0/activate`)).status, 400)
  assert.equal((await get(`${url}/v2/models/tabular_classifier/ready`)).status, 200)
})

/** The first half of a model under the checksum of the whole one. */
function writeHalf(folder: string): void {
  mkdirSync(folder)
  const whole = readFileSync(path.join(samples, 'v2.0/model.onnx'))
  writeFileSync(path.join(folder, 'model.onnx'), whole.subarray(0, whole.length / 2))
  const { sha256 } = JSON.parse(readFileSync(path.join(samples, 'v2.0/metadata.json'), 'utf8')) as { sha256: string }
  writeFileSync(path.join(folder, 'metadata.json'), JSON.stringify({ sha256 }))
}
