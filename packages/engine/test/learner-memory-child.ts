// Run by a test as a process of its own: `node --expose-gc`. Arguments: learner, rows, names, ids, how many learners.
// Prints how many bytes each takes on average, and how many it says it takes.
import { PythonRandom } from '@millrace/common'
import { type LearnerName, learnerParameters } from '../src/learning/catalog.ts'
import { LearnerMachine } from '../src/learning/learner-machine.ts'

const [name = '', ...numbers] = process.argv.slice(2)
const [rows = 0, names = 0, ids = 1, count = 1] = numbers.map(Number)
const random = new PythonRandom(1)
const keys = Array.from({ length: names }, (_, index) => `in_${index + 1}`)
const data = Array.from({ length: rows }, () => {
  return { x: Object.fromEntries(keys.map(key => [key, random.gauss(0, 1)])), y: random.gauss(0, 1) }
})

function taught(): LearnerMachine {
  const learner = name as LearnerName
  const machine = new LearnerMachine({
    kind: 'settings',
    learner,
    parameters: learnerParameters(learner, { seed: 1 }),
    limits: { featureNames: 8000, memoryBytes: 2 ** 28, ids }
  })
  for (const [row, { x, y }] of data.entries()) {
    const observationId = ids > 1 ? `observation ${row}` : undefined
    machine.apply({ kind: 'observation', features: x, target: y, observationId })
  }
  return machine
}

function bytesUsed(): number {
  for (let round = 0; round < 3; round++) globalThis.gc!()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

// The first ones bring compiled code along.
const warm = [taught(), taught()]
const before = bytesUsed()
const machines = Array.from({ length: count }, taught)
const taken = (bytesUsed() - before) / count
process.stdout.write(JSON.stringify({ taken, told: machines[0]!.memoryBytes, kept: warm.length + machines.length }))
