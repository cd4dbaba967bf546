// Run with --expose-gc by memory.test.ts: builds learners of many kinds, and prints for each kind what they say they take
// and by how much the process has grown.
import { setTimeout } from 'node:timers/promises'
import {
  AmfRegressor,
  type Features,
  KnnRegressor,
  LastValue,
  learnerFromState,
  LinearRegression,
  Pipeline,
  SeasonalNaive,
  StandardScaler
} from '../src/index.ts'
import type { RowRegressor } from '../src/row-step.ts'

/** What there is to measure: something that says what it takes. */
interface Measured {
  readonly memoryBytes: number
}

/** How the name of feature `index` of model `model` reads. Every model has names of its own, so that none is shared. */
type Naming = (model: number, index: number) => string

const short: Naming = (model, index) => `in_${model}_${index}`
const long: Naming = (model, index) => `a name that tells what it is about at some length, ${model} and ${index}`
const twoByte: Naming = (model, index) => `größe_ω_${model}_${index}`
const numeric: Naming = (model, index) => String(1e6 * (model + 1) + index)

const scaled = (regressor: RowRegressor): Pipeline => new Pipeline(new StandardScaler(), regressor)
const linear = (names: number, naming: Naming) => (model: number) =>
  learned(scaled(new LinearRegression()), model, names, naming, 3)
const neighbors = (names: number) => (model: number) =>
  learned(scaled(new KnnRegressor({ window: 1000 })), model, names, short, 1050)
const forest = (rows: number) => (model: number) => learned(scaled(new AmfRegressor()), model, 15, short, rows)

/** What to make, and how many of it: enough that what the engine does meanwhile does not count. */
type Case = [make: (model: number) => Measured, models: number]

const cases: Record<string, Case> = {
  'linear, 20 names': [linear(20, short), 400],
  'linear, 1000 names': [linear(1000, short), 40],
  'linear, 1000 long names': [linear(1000, long), 30],
  'linear, 1000 two-byte names': [linear(1000, twoByte), 30],
  'linear, 1000 numbers as names': [linear(1000, numeric), 40],
  'linear, 8000 names': [linear(8000, short), 5],
  'linear, alone': [model => learned(new LinearRegression(), model, 300, short, 3), 120],
  'linear, names that come one by one': [model => sparse(scaled(new LinearRegression()), model, 500), 30],
  'linear, names refused and asked about': [model => refusing(model), 80],
  'linear, restored': [model => restored(linear(1000, twoByte)(model)), 15],
  'a scaler alone': [model => onlyScaled(model, 300), 120],
  'nearest neighbours, 15 names': [neighbors(15), 12],
  'nearest neighbours, 300 names': [neighbors(300), 2],
  'nearest neighbours, 20 rows': [model => learned(new KnnRegressor(), model, 5, short, 20), 300],
  'nearest neighbours, restored': [model => restored(neighbors(15)(model)), 8],
  'nearest neighbours, limited': [model => limited(scaled(new KnnRegressor()), model, 1e5), 15],
  'forest, 30 rows': [forest(30), 30],
  'forest, 5000 rows': [forest(5000), 1],
  'forest, 40000 rows': [forest(40_000), 1],
  'forest, restored': [model => restored(forest(1000)(model)), 2],
  'forest, limited': [model => limited(scaled(new AmfRegressor()), model, 3e6), 3],
  'last value': [model => learned(new LastValue(), model, 15, short, 3), 1000],
  'a season ago': [model => seasonal(model), 200]
}

type Learner = Measured & { learnOne(x: Features, y: number): void; predictOne(x: Features): number }

function learned<Kind extends Learner>(
  learner: Kind,
  model: number,
  names: number,
  naming: Naming,
  rows: number
): Kind {
  const keys = Array.from({ length: names }, (_, index) => naming(model, index))
  for (let row = 0; row < rows; row++) {
    const x = observation(keys, row)
    if (row < 3) learner.predictOne(x)
    learner.learnOne(x, row % 7)
  }
  return learner
}

/** As a request brings it. */
function observation(keys: readonly string[], row: number): Features {
  const parts = keys.map((key, index) => `${JSON.stringify(key)}:${noise(row * 31 + index)}`)
  return JSON.parse(`{${parts.join(',')}}`) as Features
}

/** The same number for the same argument, all over [0, 1). */
function noise(argument: number): number {
  return (Math.imul(argument + 1, 2654435761) >>> 0) / 2 ** 32
}

function sparse(learner: Pipeline, model: number, names: number): Pipeline {
  for (let index = 0; index < names; index++) learner.learnOne(observation([short(model, index), 'all'], index), 1)
  return learner
}

/** Refuses a row with many new names, and is asked about them. */
function refusing(model: number): Pipeline {
  const learner = scaled(new LinearRegression({ interceptLearningRate: 1e300 }))
  learner.learnOne(observation([short(model, 0), short(model, 1)], 1), 0)
  const keys = Array.from({ length: 500 }, (_, index) => long(model, index))
  const x = observation(keys, 1)
  try {
    learner.learnOne(x, 1e100)
  } catch {
    learner.predictOne(x)
    return learner
  }
  throw new Error('learned what must overflow')
}

/** With most of its season. */
function seasonal(model: number): SeasonalNaive {
  const learner = learned(new SeasonalNaive({ season: 1000 }), model, 15, short, 1)
  for (let row = 1; row < 900; row++) learner.learnOne({}, row)
  return learner
}

function restored(learner: Pipeline): Measured {
  return learnerFromState(learner.toState())
}

function onlyScaled(model: number, names: number): Measured {
  const scaler = new StandardScaler()
  const x = observation(
    Array.from({ length: names }, (_, index) => short(model, index)),
    1
  )
  scaler.learnOne(x)
  scaler.transformOne(x)
  return scaler
}

function limited(learner: Pipeline, model: number, bytes: number): Pipeline {
  learner.limitMemory(bytes)
  return learned(learner, model, 15, short, 1500)
}

/** Bytes in use, once that has come to rest: arrays found free are given back beside the program. */
async function heldBytes(): Promise<number> {
  let held = Infinity
  for (;;) {
    globalThis.gc!()
    await setTimeout(1)
    const { heapUsed, external } = process.memoryUsage()
    if (heapUsed + external > held - 2000) return heapUsed + external
    held = heapUsed + external
  }
}

/** What the models of a kind say they take, and by how much the process grows with them. */
async function measured([make, models]: Case): Promise<{ says: number; takes: number }> {
  const made: Measured[] = []
  // What the engine keeps of code, and of what it sees for the first time, is not counted.
  if (models > 1) for (let model = 0; model < models; model++) made.push(make(-1 - model))
  const before = await heldBytes()
  for (let model = 0; model < models; model++) made.push(make(model))
  const takes = (await heldBytes()) - before
  const says = made.slice(-models).reduce((sum, { memoryBytes }) => sum + memoryBytes, 0)
  return { says: says / models, takes: takes / models }
}

// The engine throws away the code that started the process, and is not needed any more, after some collections.
for (let round = 0; round < 10; round++) await heldBytes()
const results: Record<string, { says: number; takes: number }> = {}
for (const [name, kind] of Object.entries(cases)) results[name] = await measured(kind)
process.stdout.write(JSON.stringify(results))
