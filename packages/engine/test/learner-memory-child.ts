// Run by a test as a process of its own: `node --expose-gc`. Arguments: learner, rows, names, ids, how many learners.
// Prints how many bytes each takes on average, and how many it says it takes.
import { PythonRandom } from '@millrace/common'
import { type LearnerName, learnerParameters } from '../src/learning/catalog.ts'
import { LearnerMachine } from '../src/learning/learner-machine.ts'

const [name = '', ...numbers] = process.argv.slice(2)
const [rows = 0, names = 0, ids = 1, count = 1] = numbers.map(Number)
const random = new PythonRandom(1)
const data = Array.from({ length: rows }, () => {
  return { x: Array.from({ length: names }, () => random.gauss(0, 1)), y: random.gauss(0, 1) }
})

/** With names of its own: the text of a name that several learners know is there only once. */
function taught(_: unknown, number: number): LearnerMachine {
  const keys = Array.from({ length: names }, (__, index) => `${number}_${index + 1}`)
  const learner = name as LearnerName
  const machine = new LearnerMachine({
    kind: 'settings',
    learner,
    parameters: learnerParameters(learner, { seed: 1 }),
    limits: { featureNames: 8000, memoryBytes: 2 ** 28, ids }
  })
  for (const [row, { x, y }] of data.entries()) {
    const observationId = ids > 1 ? `observation ${row}` : undefined
    const features = Object.fromEntries(keys.map((key, index) => [key, x[index]!]))
    machine.apply({ kind: 'observation', features, target: y, observationId })
  }
  return machine
}

function bytesUsed(): number {
  for (let round = 0; round < 3; round++) globalThis.gc!()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

// The first ones bring compiled code along.
const warm = [taught(0, 1001), taught(0, 1002)]
const before = bytesUsed()
const machines = Array.from({ length: count }, taught)
const taken = (bytesUsed() - before) / count
const told = machines.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0) / count
process.stdout.write(JSON.stringify({ taken, told, kept: warm.length + machines.length }))
