import assert from 'node:assert/strict'
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { PythonRandom } from '@millrace/common'
import { temporaryFolder } from '../e2e/program.ts'
import { lookAt, powerFailure } from './power-failure.ts'

/** A journal with one file of 5,000 bytes that are synced, and what a sync of it says. */
function journal(t: TestContext) {
  const place = temporaryFolder(t)
  const log = path.join(place, 'syncs.txt')
  const folder = path.join(place, 'journal', 'learner')
  const file = path.join(folder, 'file')
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, 'x'.repeat(5000))
  const sync = (...names: string[]): void =>
    names.forEach(name => appendFileSync(log, `${JSON.stringify(lookAt(name))}\n`))
  return {
    folder,
    file,
    sync,
    fail: (seed: number) => powerFailure(path.join(place, 'journal'), log, new PythonRandom(seed))
  }
}

const seeds = Array.from({ length: 30 }, (_, seed) => seed)

test('what was synced survives any power failure', t => {
  const { folder, file, sync, fail } = journal(t)
  sync(folder, file)
  for (const seed of seeds) {
    appendFileSync(file, 'later')
    fail(seed)
    assert.equal(readFileSync(file, 'utf8').slice(0, 5000), 'x'.repeat(5000))
  }
})

test('what was written after the last sync may go, and then no longer comes back', t => {
  const { folder, file, sync, fail } = journal(t)
  sync(folder, file)
  appendFileSync(file, 'y'.repeat(100))
  fail(1)
  const left = readFileSync(file, 'utf8')
  assert.notEqual(left, 'x'.repeat(5000) + 'y'.repeat(100))
  for (const seed of seeds) {
    fail(seed)
    assert.equal(readFileSync(file, 'utf8'), left)
  }
})

test('a file whose name was never synced may be gone', t => {
  const found = seeds.map(seed => {
    const { file, sync, fail } = journal(t)
    sync(file)
    fail(seed)
    return existsSync(file)
  })
  assert.ok(found.includes(false) && found.includes(true))
})
