import assert from 'node:assert/strict'
import { test } from 'node:test'
import { protocols, send, startExperiment, startInference } from './experiment-server.ts'
import { armOf, forests, units, unitsByArm, unitsIn, versions } from './forests-experiment.ts'
import { temporaryFolder } from './program.ts'

test('arms and counts are the same after kill -9 and a new start', async t => {
  const dataDir = temporaryFolder(t)
  const first = await startInference(t, { MILLRACE_DATA_DIR: dataDir })
  await startExperiment(first.url, forests)
  const before = protocols(first)
  for (const unit of units) await before.ask['V2, by parameter']!(unit)
  before.close()
  assert.deepEqual(await unitsIn(first.url), unitsByArm(units))
  // What is acknowledged is durable, with all that was served before.
  const { status } = await send(`${first.url}/feedback`, { unit_id: units.at(-1), conversion: 1 })
  assert.equal(status, 200)
  first.child.kill('SIGKILL')
  await first.exit

  const second = await startInference(t, { ...first.settings })
  assert.deepEqual(await unitsIn(second.url), unitsByArm(units))
  const { ask, close } = protocols(second)
  t.after(close)
  const more = Array.from({ length: 12 }, (_, index) => `newcomer ${index}`)
  for (const unit of [...units.toReversed(), ...more]) {
    const { arm, version } = await ask['/predict']!(unit)
    assert.deepEqual([arm, version], [armOf(unit), versions[armOf(unit)]])
  }
  assert.deepEqual(await unitsIn(second.url), unitsByArm([...units, ...more]))
})
