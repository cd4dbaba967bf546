import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { PythonRandom } from '@millrace/common'
import { type LearnerName, learnerParameters } from '../src/learning/catalog.ts'
import { LearnerMachine } from '../src/learning/learner-machine.ts'

const child = fileURLToPath(new URL('learner-memory-child.ts', import.meta.url))

for (const [name, rows, names, ids, count] of [
  ['linear_regression', 300, 5, 1, 400],
  ['ridge_regression', 3000, 15, 3000, 20],
  ['linear_regression', 9, 1000, 1, 40],
  ['knn_regressor', 1500, 15, 1000, 30],
  ['amf_regressor', 300, 15, 300, 8]
] as const) {
  test(`${name} tells what it takes within 5 %: ${rows} rows of ${names} names, ${ids} ids`, async () => {
    const values = [rows, names, ids, count].map(String)
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', child, name, ...values])
    const { taken, told } = JSON.parse(stdout) as { taken: number; told: number }
    assert.ok(Math.abs(told / taken - 1) <= 0.05, `${told} bytes told, ${taken} taken`)
  })
}

function machineOf(learner: LearnerName, parameters = {}): LearnerMachine {
  return new LearnerMachine({
    kind: 'settings',
    learner,
    parameters: learnerParameters(learner, { seed: 1, parameters }),
    limits: { featureNames: 100_000, memoryBytes: 2 ** 20, ids: 1000 }
  })
}

for (const [name, parameters] of [
  ['linear_regression', {}],
  ['knn_regressor', { window: 100_000 }],
  ['amf_regressor', { trees: 5 }]
] as const) {
  test(`${name} never takes more than its limit, restored in between or not`, () => {
    const random = new PythonRandom(3)
    const machine = machineOf(name, parameters)
    let restored = machineOf(name, parameters)
    const codes = new Set<string>()
    for (let row = 0; row < 4000; row++) {
      // Of the linear one the names fill the memory, of the others the rows and nodes.
      const key = name === 'linear_regression' ? `name ${row}` : `name ${row % 20}`
      const features = { a: random.gauss(0, 1), b: random.gauss(0, 1), [key]: 1 }
      const command = { kind: 'observation', features, target: row % 7, observationId: `${row}` } as const
      const outcome = machine.apply(command)
      assert.deepEqual(restored.apply(command), outcome)
      if (outcome.kind === 'refused') codes.add(outcome.refusal.code)
      if (row % 50 === 0) assert.ok(machine.memoryBytes <= 2 ** 20, `${machine.memoryBytes} after ${row} rows`)
      if (row % 600 === 599) restored = LearnerMachine.fromState(restored.toState())
    }
    assert.deepEqual(restored.toState(), machine.toState())
    // It is the limit that held it: a linear one keeps room for what it may have to go back to.
    assert.ok(machine.memoryBytes > (name === 'linear_regression' ? 0.35 : 0.75) * 2 ** 20)
    assert.deepEqual([...codes], name === 'linear_regression' ? ['MILL_MEMORY_LIMIT'] : [])
  })
}
