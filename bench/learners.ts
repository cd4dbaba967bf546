/**
 * Speed and memory of the learners on named features, one thread, beside River in the same run.
 *
 *     npm run bench:learners            Millrace alone, or beside River where `python3 -c "import river"` works
 *     PYTHON=.venv/bin/python npm run bench:learners
 *
 * Every pass starts with a fresh learner, so that no figure comes from a learner that has seen nothing but one row.
 */
import { availableParallelism, cpus } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  AmfRegressor,
  KnnRegressor,
  LinearRegression,
  Pipeline,
  type Regressor,
  StandardScaler
} from '@millrace/online'
import { runRiver } from './river.ts'
import { friedman, randomWalk, type Row, trumpApproval } from './rows.ts'
import { shown, table } from './table.ts'
import { cpuTime, wallTime } from './timing.ts'

/** Rows to predict and learn, and what predicts and learns them; made anew for every pass. */
interface Pass {
  learner: Regressor
  rows: readonly Row[]
}

interface SpeedCase {
  name: string
  prepare: () => Pass
  /** Rows a second this project promises. */
  goal: number
  /** Key of the same recipe in River's report. */
  river?: string
  samples?: number
}

const friedmanRows = friedman(20_000)
const trumpRows = trumpApproval()
const linear = (): Regressor => new Pipeline(new StandardScaler(), new LinearRegression())
const knn = (): Regressor => new KnnRegressor({ neighbors: 5, window: 1000 })
const forest = (): AmfRegressor => new AmfRegressor({ trees: 10, seed: 42 })

const speeds: SpeedCase[] = [
  {
    name: 'StandardScaler | LinearRegression, 6 features',
    prepare: () => ({ learner: linear(), rows: friedmanRows.slice(0, 20_000) }),
    goal: 2_000_000,
    river: 'linear'
  },
  {
    name: 'KnnRegressor, window 1,000 full, 6 features',
    prepare: () => ({ learner: learned(knn(), friedmanRows.slice(0, 1000)), rows: friedmanRows.slice(1000, 20_000) }),
    goal: 100_000,
    river: 'knn'
  },
  {
    name: 'KnnRegressor, window 1,000, TrumpApproval',
    prepare: () => ({ learner: knn(), rows: trumpRows }),
    goal: 100_000,
    river: 'knn_trump'
  },
  {
    name: 'AmfRegressor, 10 trees, TrumpApproval',
    prepare: () => ({ learner: forest(), rows: trumpRows }),
    goal: 60_000,
    river: 'amf'
  },
  {
    name: 'AmfRegressor, rows 90,000 to 100,000, noise',
    prepare: lateStream(friedman),
    goal: 25_000,
    samples: 10
  },
  {
    name: 'AmfRegressor, rows 90,000 to 100,000, random walk',
    prepare: lateStream(randomWalk),
    goal: 25_000,
    samples: 10
  }
]

const river = runRiver(friedmanRows.slice(0, 4000), trumpRows)
const machine = `${cpus()[0]!.model.trim()}, ${availableParallelism()} cores`
console.log(`${machine} | Node.js ${process.versions.node} | ${river?.version ?? 'no River, see bench/README.md'}\n`)
console.log('Memory, and what a snapshot keeps the thread for\n')
console.log(`${table(await sizeRows())}\n`)
console.log('Predict, then learn: rows a second of CPU time; goals are for the best pass\n')
console.log(table(await speedRows()))

async function speedRows(): Promise<string[][]> {
  const rows = [['', 'rows/s, best', 'median', 'goal', 'River', 'times River']]
  for (const { name, prepare, goal, river: recipe, samples } of speeds) {
    let passRows = 0
    const run = (pass: Pass): number => {
      passRows = pass.rows.length
      return predictAndLearn(pass)
    }
    const { best, median } = await cpuTime({ prepare, run, samples })
    const speed = (1e6 * passRows) / best
    const theirs = recipe === undefined ? undefined : river?.microseconds[recipe]
    const beside = theirs === undefined ? ['-', '-'] : [shown(1e6 / theirs), shown((speed * theirs) / 1e6)]
    rows.push([name, shown(speed), shown((1e6 * passRows) / median), `>= ${shown(goal)}`, ...beside])
  }
  return rows
}

async function sizeRows(): Promise<string[][]> {
  const large = memoryOf(() => learned(forest(), friedmanRows.slice(0, 5001)))
  const window = memoryOf(() => learned(knn(), friedmanRows.slice(0, 20_000)))
  const nodes = large.made.describeTrees().reduce((sum, tree) => sum + tree.nodes, 0)
  const state = large.made.toState()
  const snapshot = await wallTime({ prepare: () => large.made, run: model => model.toState() })
  const restored = await wallTime({ prepare: () => state, run: AmfRegressor.fromState })
  const forestName = `AmfRegressor, ${shown(nodes)} nodes, 6 features`
  return [
    ['', 'measured', 'goal'],
    [`${forestName}: bytes a node`, shown(large.bytes / nodes), '<= 160'],
    [`${forestName}: ms to snapshot, median`, shown(snapshot.median / 1000, 1), '<= 50'],
    [`${forestName}: ms to restore, median`, shown(restored.median / 1000, 1), '-'],
    [`${forestName}: bytes a node in the snapshot`, shown(state.length / nodes), '-'],
    ['KnnRegressor, window 1,000 full, 6 features: kB', shown(window.bytes / 1000), '-']
  ]
}

function predictAndLearn({ learner, rows }: Pass): number {
  let sum = 0
  for (let index = 0; index < rows.length; index++) {
    const { x, y } = rows[index]!
    sum += learner.predictOne(x)
    learner.learnOne(x, y)
  }
  return sum
}

function learned<Kind extends Regressor>(learner: Kind, rows: readonly Row[]): Kind {
  for (const { x, y } of rows) learner.learnOne(x, y)
  return learner
}

/** Passes of 1,000 rows of one stream, the first 90,000 rows of which are learned before the first pass. */
function lateStream(makeRows: (count: number) => Row[]): () => Pass {
  let rows: Row[] | undefined
  const learner = forest()
  let next = 90_000
  return () => {
    if (rows === undefined) {
      rows = makeRows(101_000)
      learned(learner, rows.slice(0, next))
    }
    next += 1000
    return { learner, rows: rows.slice(next - 1000, next) }
  }
}

/** What `make` makes, and the bytes of its typed arrays; the few objects beside them are not counted. */
function memoryOf<Made>(make: () => Made): { made: Made; bytes: number } {
  const before = heldBytes()
  const made = make()
  return { made, bytes: heldBytes() - before }
}

function heldBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  // Arrays found free are given back beside the program; the second time waits for that.
  collect()
  return process.memoryUsage().arrayBuffers
}
