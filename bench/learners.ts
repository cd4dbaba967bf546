/**
 * Predict-then-learn speed of the learners on named features, one thread, beside River in the same run.
 *
 *     npm run bench:learners            Millrace alone, or beside River where `python3 -c "import river"` works
 *     PYTHON=.venv/bin/python npm run bench:learners
 *
 * Every case starts fresh learners and feeds whole passes of rows, so that no figure comes from a learner that has seen
 * nothing. Figures are CPU time, the steady measure on a shared machine; wall time is mitata's.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import {
  AmfRegressor,
  type Features,
  KnnRegressor,
  LinearRegression,
  Pipeline,
  type Regressor,
  StandardScaler
} from '@millrace/online'
import { PythonRandom } from '@millrace/common'
import { measure } from 'mitata'

interface Row {
  x: Features
  y: number
}

interface Case {
  name: string
  /** Key of the same recipe in the peer's report. */
  peer: string
  rows: Row[]
  /** Rows learned before the clock starts. */
  warmUp: number
  make(): Regressor
  /** Rows a second this project promises. */
  goal: number
}

const friedmanRows = friedman(20_000)
const trumpRows = trumpApproval()

const cases: Case[] = [
  {
    name: 'StandardScaler | LinearRegression, 6 features',
    peer: 'linear',
    rows: friedmanRows,
    warmUp: 0,
    make: () => new Pipeline(new StandardScaler(), new LinearRegression()),
    goal: 2_000_000
  },
  {
    name: 'KnnRegressor exact, window 1000 full, 6 features',
    peer: 'knn',
    rows: friedmanRows,
    warmUp: 1000,
    make: () => new KnnRegressor({ neighbors: 5, window: 1000 }),
    goal: 100_000
  },
  {
    name: 'KnnRegressor exact, window 1000, TrumpApproval',
    peer: 'knn_trump',
    rows: trumpRows,
    warmUp: 0,
    make: () => new KnnRegressor({ neighbors: 5, window: 1000 }),
    goal: 100_000
  },
  {
    name: 'AmfRegressor 10 trees, TrumpApproval',
    peer: 'amf',
    rows: trumpRows,
    warmUp: 0,
    make: () => new AmfRegressor({ trees: 10, seed: 42 }),
    goal: 60_000
  }
]

const peer = runPeer()
const report: Record<string, string>[] = []
for (const one of cases) report.push(await measureCase(one))
console.table(report)
if (peer === undefined) console.log('River is not installed for this Python, so there is no ratio: see bench/README.md')

async function measureCase({ name, peer: key, rows, warmUp, make, goal }: Case): Promise<Record<string, string>> {
  const timed = rows.length - warmUp
  let learner = make()
  let cpuMicroseconds = Infinity
  const pass = (): number => {
    learner = make()
    for (const row of rows.slice(0, warmUp)) learner.learnOne(row.x, row.y)
    const before = process.cpuUsage()
    let sum = 0
    for (let index = warmUp; index < rows.length; index++) {
      const { x, y } = rows[index]!
      sum += learner.predictOne(x)
      learner.learnOne(x, y)
    }
    const { user, system } = process.cpuUsage(before)
    cpuMicroseconds = Math.min(cpuMicroseconds, user + system)
    return sum
  }
  const { p50 } = await measure(pass, { min_samples: 15 })
  const perRow = cpuMicroseconds / timed
  const river = peer?.[key]
  return {
    learner: name,
    'rows/s (CPU, best)': Math.round(1e6 / perRow).toLocaleString('en-US'),
    'µs/row (CPU, best)': perRow.toFixed(3),
    'ms/pass (wall, median)': (p50 / 1e6).toFixed(2),
    goal: goal.toLocaleString('en-US'),
    'River µs/row': river === undefined ? '-' : river.toFixed(2),
    'times River': river === undefined ? '-' : (river / perRow).toFixed(0)
  }
}

/** CPU microseconds a row of the same recipes in River, or undefined where it cannot be run. */
function runPeer(): Record<string, number> | undefined {
  const script = new URL('peers/river_learners.py', import.meta.url).pathname
  const input = JSON.stringify({ friedman: friedmanRows.slice(0, 4000), trump: trumpRows })
  const python = process.env['PYTHON'] ?? 'python3'
  const { status, stdout } = spawnSync(python, [script], { input, encoding: 'utf8', maxBuffer: 1e8 })
  return status === 0 ? (JSON.parse(stdout) as Record<string, number>) : undefined
}

/** Friedman's function of five features and a sixth that does not matter, with unit noise. */
function friedman(count: number): Row[] {
  const random = new PythonRandom(42)
  return Array.from({ length: count }, () => {
    const [a, b, c, d, e, f] = Array.from({ length: 6 }, () => random.random()) as [
      number,
      number,
      number,
      number,
      number,
      number
    ]
    const y = 10 * Math.sin(Math.PI * a * b) + 20 * (c - 0.5) ** 2 + 10 * d + 5 * e + random.gauss(0, 1)
    return { x: { a, b, c, d, e, f }, y }
  })
}

function trumpApproval(): Row[] {
  const file = new URL('../packages/online/test/fixtures/trump_approval.csv', import.meta.url)
  const [header, ...lines] = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map(line => line.split(','))
  return lines.map(cells => {
    const values = Object.fromEntries(header!.map((name, index) => [name, Number(cells[index])]))
    const { five_thirty_eight: y, ...x } = values
    return { x, y: y! }
  })
}
