import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { memoryRegistryStore } from '@millrace/store'
import { createLogger, parseConfig } from '../src/index.ts'
import { openModels } from '../src/open-models.ts'
import { inferenceProtocolRoutes } from '../src/protocols/v2/inference-protocol-routes.ts'
import { appOf, call } from './protocols/protocol-app.ts'

test('a folder of data that is new is no problem of the models', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-'))
  const opened = await openModels({
    config: parseConfig({ MODEL_DIR: folder, MILLRACE_DATA_DIR: join(folder, 'data') }),
    stores: { registry: memoryRegistryStore(), connection: undefined },
    learners: new Map(),
    events: {},
    logger: createLogger({ level: 'silent' })
  })
  t.after(async () => {
    await opened.close()
    rmSync(folder, { recursive: true })
  })
  assert.deepEqual([...opened.models.problems()], [])
  await opened.models.reload()
  assert.deepEqual([...opened.models.problems()], [])
})

test('what was being frozen when a process was killed is removed, and what was frozen stays', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const frozen = join(folder, 'data/models/linear_regression')
  for (const name of ['200', '.writing-0e5b']) {
    mkdirSync(join(frozen, name), { recursive: true })
    writeFileSync(join(frozen, name, 'learner.state'), '')
  }
  const open = (role: string) =>
    openModels({
      config: parseConfig({ MODEL_DIR: folder, MILLRACE_DATA_DIR: join(folder, 'data'), MILLRACE_ROLE: role }),
      stores: { registry: memoryRegistryStore(), connection: undefined },
      learners: new Map(),
      events: {},
      logger: createLogger({ level: 'silent' })
    })
  await (await open('reader')).close()
  assert.deepEqual(readdirSync(frozen), ['.writing-0e5b', '200'], 'a reader cannot know that it was killed')
  await (await open('writer')).close()
  assert.deepEqual(readdirSync(frozen), ['200'])
})

test('a server whose files were just written is not ready before they are loaded', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-'))
  mkdirSync(join(folder, 'models/m/1'), { recursive: true })
  copyFileSync(
    join(import.meta.dirname, '../../runtime/test/fixtures/scalar.onnx'),
    join(folder, 'models/m/1/model.onnx')
  )
  const { models, close } = await openModels({
    config: parseConfig({ MODEL_DIR: join(folder, 'models'), MILLRACE_DATA_DIR: join(folder, 'data') }),
    stores: { registry: memoryRegistryStore(), connection: undefined },
    learners: new Map(),
    events: {},
    logger: createLogger({ level: 'silent' })
  })
  t.after(async () => {
    await close()
    rmSync(folder, { recursive: true })
  })
  const app = appOf(inferenceProtocolRoutes, { models, inferBodyLimitBytes: 1000, isReady: models.hasStarted })
  const statuses = async (): Promise<number[]> => {
    const urls = ['/v2/health/ready', '/v2/models/m/ready', '/v2/health/live']
    return Promise.all(urls.map(async url => (await call(app, ['GET', url])).status))
  }
  assert.deepEqual(await statuses(), [503, 503, 200])
  while (!models.hasStarted()) await new Promise(resolve => void setTimeout(resolve, 5))
  assert.deepEqual(await statuses(), [200, 200, 200])
})

test('a range of versions that is none is a fault of its setting', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const config = parseConfig({ MILLRACE_DATA_DIR: folder, MILLRACE_VERSION_POLICY: 'range:abc' })
  const stores = { registry: memoryRegistryStore(), connection: undefined }
  const logger = createLogger({ level: 'silent' })
  await assert.rejects(openModels({ config, stores, learners: new Map(), events: {}, logger }), {
    code: 'MILL_CONFIG_INVALID',
    message: /MILLRACE_VERSION_POLICY .* got "range:abc"$/
  })
})
