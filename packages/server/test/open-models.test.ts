import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { memoryRegistryStore } from '@millrace/store'
import { createLogger, parseConfig } from '../src/index.ts'
import { openModels } from '../src/open-models.ts'

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
