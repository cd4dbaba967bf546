import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { givenSource } from '../../src/models/given-source.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

test('what was handed over is whole at once, and gone when it is closed', async t => {
  const folder = temporaryFolder(t)
  const files = new Map([
    ['1/model.onnx', bytes('one')],
    ['v2.0/model.onnx', bytes('two')],
    ['v2.0/metadata.json', bytes('{"accuracy": 0.5}')]
  ])
  const source = await givenSource({ folder, model: 'm', files })
  const [model, ...others] = await source.list()
  assert.deepEqual(others, [])
  assert.deepEqual([model!.name, model!.isFlat], ['m', false])
  assert.deepEqual(
    model!.versions.map(({ version, state }) => [version, state]),
    [
      ['1', 'whole'],
      ['v2.0', 'whole']
    ]
  )
  const fetched = await source.fetch('m', 'v2.0')
  assert.equal(readFileSync(fetched.path, 'utf8'), 'two')
  assert.equal(fetched.sha256, sha256('two'))
  assert.equal(fetched.metadata.accuracy, 0.5)
  await source.close()
  assert.deepEqual(readdirSync(folder), [])
})

test('versions that cannot be served say why', async t => {
  const folder = temporaryFolder(t)
  const files = new Map([
    ['1/model.onnx', bytes('one')],
    ['1/metadata.json', bytes(`{"sha256": "${sha256('two')}"}`)],
    ['2/weights.bin', bytes('two')]
  ])
  const source = await givenSource({ folder, model: 'm', files })
  const [model] = await source.list()
  const [first, second] = model!.versions
  assert.match(first!.reason!, /^model.onnx has SHA-256 .*, the metadata say /)
  assert.equal(second!.reason, 'lacks model.onnx')
  await source.close()
})

for (const path of [
  'model.onnx',
  '1/a/model.onnx',
  '../model.onnx',
  '1/..',
  '/model.onnx',
  '1/',
  '1/.hidden',
  '1\\a'
]) {
  test(`refuses the path ${path}, and leaves nothing behind`, async t => {
    const folder = temporaryFolder(t)
    const files = new Map([
      ['1/model.onnx', bytes('one')],
      [path, bytes('two')]
    ])
    await assert.rejects(givenSource({ folder, model: 'm', files }), { code: 'MILL_INPUT_INVALID' })
    assert.deepEqual(readdirSync(folder), [])
  })
}

test('a place that cannot be written to is told', async t => {
  const folder = join(temporaryFolder(t), 'file')
  writeFileSync(folder, '')
  const files = new Map([['1/model.onnx', bytes('one')]])
  await assert.rejects(givenSource({ folder, model: 'm', files }), {
    code: 'MILL_STORE_FAILED',
    message: /^the files of m /
  })
})
