import assert from 'node:assert/strict'
import { cpSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { entryOf, get, post, temporaryFolder } from '../e2e/program.ts'
import {
  kill,
  launchModel,
  observation,
  scored,
  startModel,
  teachAll,
  teachTogether,
  truthIn
} from './model-service.ts'
import { filesOf, killedFolder, lastWrite, taught, tearOff } from './torn-journal.ts'

const often = { MILLRACE_SNAPSHOT_BYTES: '65536', MILLRACE_SNAPSHOT_INTERVAL: '1' }

/** Change one byte. */
function flip(file: string, at: number): void {
  const bytes = readFileSync(file)
  bytes[at]! ^= 0x10
  writeFileSync(file, bytes)
}

/** A folder with two snapshots, and more learned since. */
async function folderWithSnapshots(t: TestContext): Promise<string> {
  const folder = temporaryFolder(t)
  const service = await startModel(t, folder, { settings: often })
  let n = 0
  while (filesOf(folder, '.snapshot').length < 2) await teachTogether(service, n + 1, (n += 100))
  await teachTogether(service, n + 1, n + 20)
  await kill(service.program)
  return folder
}

const damages: [string, (file: string) => void][] = [
  ['changed in the middle', file => flip(file, Math.floor(statSync(file).size / 2))],
  ['changed at its beginning', file => flip(file, 3)],
  ['cut short', file => truncateSync(file, Math.floor(statSync(file).size / 2))],
  ['emptied', file => truncateSync(file, 0)]
]

test('a damaged snapshot is told of, and the one before or the journal alone gives the same state', async t => {
  const folder = await folderWithSnapshots(t)
  const { machine } = truthIn(folder)
  const { features } = observation(5)
  for (const [how, damage] of damages) {
    const copy = path.join(temporaryFolder(t), 'data')
    cpSync(folder, copy, { recursive: true })
    damage(filesOf(copy, '.snapshot').at(-1)!)
    const service = await startModel(t, copy)
    const told = service.program.lines.map(entryOf).filter(({ level }) => level === 40)
    assert.ok(
      told.some(({ msg }) => /snapshot/.test(String(msg))),
      `${how}: ${JSON.stringify(told)}`
    )
    const { forecast } = (await post(`${service.url}/predict`, { features })).body as { forecast: [{ value: number }] }
    assert.equal(forecast[0].value, machine!.predict(features), how)
    assert.equal(await scored(service), machine!.metrics().count, how)
    await kill(service.program)
  }
})

test('a journal that was torn off within its last write loses that one only', async t => {
  await tearOff(t, await killedFolder(t), [1, lastWrite >> 1])
})

test('a journal that was changed in the middle keeps its learner from starting, and says where', async t => {
  const folder = await killedFolder(t)
  const [segment] = filesOf(folder, '.segment')
  flip(segment!, Math.floor(statSync(segment!).size / 2))
  const program = launchModel(t, folder)
  assert.deepEqual(await program.exit, { code: 1, signal: null })
  assert.match(program.errors(), /^millrace: MILL_JOURNAL_DAMAGED: /)
  assert.ok(program.errors().includes(path.basename(segment!)))
})

test('a journal of which a file is missing keeps its learner from starting', async t => {
  const folder = await killedFolder(t)
  const again = await startModel(t, folder)
  await teachAll(again, taught + 1, taught + 5)
  await kill(again.program)
  rmSync(filesOf(folder, '.segment')[0]!)
  const program = launchModel(t, folder)
  assert.deepEqual(await program.exit, { code: 1, signal: null })
  assert.match(program.errors(), /^millrace: MILL_JOURNAL_DAMAGED: /)
})

test('a clean stop loses nothing, even where nothing more is promised', async t => {
  const folder = temporaryFolder(t)
  const service = await startModel(t, folder, { settings: { MILLRACE_DURABILITY: 'none' } })
  await teachAll(service, 1, taught)
  const before = (await get(`${service.url}/model_metrics`)).body
  service.program.child.kill('SIGTERM')
  assert.deepEqual(await service.program.exit, { code: 0, signal: null })
  const again = await startModel(t, folder)
  assert.deepEqual((await get(`${again.url}/model_metrics`)).body, before)
})
