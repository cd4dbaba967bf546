import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { folderSource, s3Source } from '../../src/index.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { sha256OfAbc, write } from './model-files.ts'
import { bucket, credentials, startS3, withoutS3 } from './s3-server.ts'
import { linesOf } from './source-contract.ts'

const models = fc.constantFrom('wine', 'fraud', 'a b', '100%', 'é', '.git', '_old', 'x.tmp', 'y.PARTIAL')
const versions = fc.constantFrom('1', '1.0', '1.10', 'v2', 'latest', '.5', '_6', '7.tmp')
const files = fc.constantFrom('model.onnx', 'learner.state', 'metadata.json', 'model.joblib', 'readme.md')
const paths = fc.uniqueArray(
  fc.oneof(
    { arbitrary: fc.tuple(models, versions, files), weight: 6 },
    { arbitrary: fc.tuple(models, fc.constantFrom('config.json', 'readme.md')), weight: 1 },
    { arbitrary: fc.tuple(fc.constantFrom('b.onnx', 'c.ONNX', 'old.pkl', 'readme.md')), weight: 1 }
  ),
  { maxLength: 12, selector: steps => steps.join('/') }
)

const contents: Record<string, string> = { 'metadata.json': `{"sha256":"${sha256OfAbc}"}`, 'config.json': '{}' }
const contentOf = (steps: readonly string[]): string => contents[steps.at(-1)!] ?? 'abc'
const isHidden = (name: string): boolean =>
  name.startsWith('.') || name.startsWith('_') || /\.(tmp|partial)$/i.test(name)

/** What must be listed, told from the paths alone. */
function expectedLines(all: readonly (readonly string[])[]): string[] {
  const seen = all.filter(steps => !steps.some(isHidden))
  const folders = new Set(seen.filter(steps => steps.length === 3).map(([model, version]) => `${model}/${version}`))
  const lines = [...folders].map(folder => {
    const has = (file: string): boolean => seen.some(steps => steps.join('/') === `${folder}/${file}`)
    if (has('model.onnx') || has('learner.state')) return `${folder} whole`
    return has('model.joblib') ? `${folder} invalid` : `${folder} incomplete`
  })
  const beside = (file: string): boolean => seen.some(steps => steps.length === 1 && steps[0] === file)
  if (beside('b.onnx')) lines.push('b/1 whole')
  else if (beside('c.ONNX')) lines.push('c/1 whole')
  else if (beside('old.pkl')) lines.push('old/1 invalid')
  return lines.toSorted()
}

test('folder: whatever lies there, the listing is what the names say', async t => {
  const root = temporaryFolder(t)
  let runs = 0
  const property = fc.asyncProperty(paths, async all => {
    const folder = join(root, String((runs += 1)))
    write(folder, { 'readme.md': '' })
    write(folder, Object.fromEntries(all.map(steps => [steps.join('/'), contentOf(steps)])))
    const source = folderSource({ folder, stableMs: 0 })
    assert.deepEqual(linesOf(await source.list()).toSorted(), expectedLines(all))
  })
  await fc.assert(property, { numRuns: 100 })
})

test('s3: whatever lies there, the listing is what the names say', { skip: withoutS3, timeout: 30_000 }, async t => {
  const server = await startS3(t)
  const cacheDir = temporaryFolder(t)
  const settings = { bucket, region: 'us-east-1', endpoint: server.endpoint, credentials, cacheDir, ttlMs: 1000 }
  let runs = 0
  const property = fc.asyncProperty(paths, async all => {
    const key = `run ${(runs += 1)}`
    for (const steps of all) await server.put([key, ...steps].join('/'), contentOf(steps))
    const source = s3Source({ ...settings, key, pageSize: 5 })
    try {
      assert.deepEqual(linesOf(await source.list()).toSorted(), expectedLines(all))
    } finally {
      await source.close()
    }
  })
  await fc.assert(property, { numRuns: 20 })
})
