import { type RecordOfCanary, newCanary, nextStep } from '../../../src/experiments/canary/canary-record.ts'
import { readCanaryPlan } from '../../../src/experiments/canary/canary-plan.ts'
import { decideCanary } from '../../../src/experiments/canary/decide-canary.ts'
import { guardChecks } from '../../../src/experiments/canary/guard-checks.ts'
import type { StepTallies } from '../../../src/experiments/canary/guarded-steps.ts'
import type { ArmTally, MetricTally } from '../../../src/experiments/ledger/ledger.ts'
import type { Distributions } from '../../../src/experiments/statistics/distributions.ts'
import type { ModelStatus } from '../../../src/serving/model-server.ts'
import { generator, normal } from '../statistics/simulation.ts'

/** How a version does. */
export interface Behaviour {
  /** Chance that a request fails. */
  readonly errors: number
  /** Median of milliseconds; they are log-normal with sigma 0.5. */
  readonly ms: number
  /** Chance that a label says that the prediction was right; no labels come unless given. */
  readonly accuracy?: number
  /** Chance that a unit converts; nothing is told unless given. */
  readonly conversion?: number
}

/** A canary to be played. */
export interface World {
  readonly control: Behaviour
  readonly canary: Behaviour
  /** Requests a second, of both. */
  readonly requests: number
  /** By how much errors and milliseconds of both are multiplied at a second; 1 unless given. */
  readonly drift?: ((second: number) => number) | undefined
  readonly plan?: Record<string, unknown> | undefined
}

/** What became of it. */
export interface Ending {
  readonly verdict: 'promoted' | 'rolled back' | 'undecided'
  /** Requests to the candidate. */
  readonly requests: number
  readonly seconds: number
  /** Failures that the candidate caused. */
  readonly failures: number
}

const model = {
  name: 'm',
  versions: ['1', '2'].map(version => ({ version, isServed: true, reason: '' })),
  aliases: new Map([['default', '1']])
} as unknown as ModelStatus

/** Let a candidate take over, with a look every second, until a verdict. */
export function play(distributions: Distributions, world: World, seed: number): Ending {
  const random = generator(seed)
  const read = readCanaryPlan({ model: 'm', candidate: '2', ...world.plan }, { models: () => [model] })
  if (read.faults.length > 0) throw new Error(JSON.stringify(read.faults))
  let record = newCanary(read, { at: 0 })
  const steps: StepTallies[] = [{ canary: noTally, control: noTally }]
  for (let second = 1; ; second++) {
    steps.push(nextSecond(steps.pop()!, record, { world, second, random }))
    const verdict = look(distributions, record, steps, second)
    if (typeof verdict === 'string') return ending(verdict, steps, second)
    if (verdict !== record) steps.push({ canary: noTally, control: noTally })
    record = verdict
  }
}

function look(
  distributions: Distributions,
  record: RecordOfCanary,
  steps: readonly StepTallies[],
  second: number
): RecordOfCanary | Ending['verdict'] {
  const { plan } = record.canary
  const checks = guardChecks(distributions, { plan, metrics: record.definition.metrics, steps })
  const { canary, control } = steps.at(-1)!
  const requests = { canary: handled(canary), control: handled(control) }
  const decision = decideCanary(record.canary, { checks, requests, notReady: undefined, now: 1000 * second })
  if (decision.do === 'hold') return record
  if (decision.do === 'promote') return 'promoted'
  if (decision.do === 'roll_back') return 'rolled back'
  if (decision.do === 'undecided') return 'undecided'
  const [before] = record.canary.requestsBefore
  return nextStep(record, [before + requests.canary, 0], { at: 1000 * second })
}

function ending(verdict: Ending['verdict'], steps: readonly StepTallies[], seconds: number): Ending {
  const requests = steps.reduce((sum, { canary }) => sum + handled(canary), 0)
  const failures = steps.reduce((sum, { canary }) => sum + canary.failures, 0)
  return { verdict, requests, seconds, failures }
}

const handled = ({ requests, failures }: ArmTally): number => requests + failures

interface Second {
  readonly world: World
  readonly second: number
  readonly random: () => number
}

function nextSecond(before: StepTallies, { canary: { plan, step } }: RecordOfCanary, at: Second): StepTallies {
  const { world, second, random } = at
  const factor = world.drift?.(second) ?? 1
  const share = plan.steps[step]!.share
  const ofCanary = binomial(random, world.requests, share)
  return {
    canary: more(before.canary, world.canary, { requests: ofCanary, factor, random }),
    control: more(before.control, world.control, { requests: world.requests - ofCanary, factor, random })
  }
}

const noTally: ArmTally = {
  units: 0,
  givenUnits: 0,
  requests: 0,
  cached: 0,
  failures: 0,
  fallbacks: 0,
  latency: { count: 0, sumMs: 0, sumLog: 0, sumLogSquares: 0, histogram: [] },
  metrics: new Map()
}

/** Requests of one second; each is a unit of its own. */
function more(
  before: ArmTally,
  { errors, ms, accuracy, conversion }: Behaviour,
  { requests, factor, random }: { requests: number; factor: number; random: () => number }
): ArmTally {
  const failures = binomial(random, requests, Math.min(1, errors * factor))
  const answered = requests - failures
  const [sumLog, sumLogSquares] = normalSums(random, answered, Math.log(ms * factor), 0.5)
  const { latency } = before
  const metrics = new Map(before.metrics)
  const tell = (name: string, chance: number | undefined, isTold: boolean): void => {
    if (chance === undefined) return
    const right = binomial(random, answered, chance)
    const told = isTold ? answered : right
    metrics.set(name, added(before.metrics.get(name), { units: told, sum: right }))
  }
  tell('accuracy', accuracy, true)
  tell('conversion', conversion, false)
  return {
    ...before,
    units: before.units + answered,
    givenUnits: before.givenUnits + answered,
    requests: before.requests + answered,
    failures: before.failures + failures,
    latency: {
      ...latency,
      count: latency.count + answered,
      sumLog: latency.sumLog + sumLog,
      sumLogSquares: latency.sumLogSquares + sumLogSquares
    },
    metrics
  }
}

/** Each told once a unit, 0 or 1. */
function added(before: MetricTally | undefined, told: { units: number; sum: number }): MetricTally {
  const [units, sum] = [(before?.units ?? 0) + told.units, (before?.sum ?? 0) + told.sum]
  return { units, count: units, sum, sumSquares: sum, countSquares: units, products: sum }
}

/** How many of n happen that have a chance of p: one by one where few do, else by the normal distribution. */
export function binomial(random: () => number, n: number, p: number): number {
  if (p > 0.5) return n - binomial(random, n, 1 - p)
  if (p <= 0 || n === 0) return 0
  const mean = n * p
  if (mean > 50) {
    const drawn = Math.round(mean + Math.sqrt(mean * (1 - p)) * normal(random))
    return Math.min(n, Math.max(0, drawn))
  }
  let count = 0
  const log = Math.log1p(-p)
  for (let at = skip(random, log); at < n; at += 1 + skip(random, log)) count++
  return count
}

const skip = (random: () => number, log: number): number => Math.floor(Math.log(1 - random()) / log)

/** Sum and sum of squares of so many normal numbers, drawn as such. */
function normalSums(random: () => number, n: number, mean: number, sigma: number): [sum: number, squares: number] {
  if (n < 30) {
    let [sum, squares] = [0, 0]
    for (let one = 0; one < n; one++) {
      const value = mean + sigma * normal(random)
      sum += value
      squares += value * value
    }
    return [sum, squares]
  }
  const sum = n * mean + Math.sqrt(n) * sigma * normal(random)
  // Chi-square with many degrees is nearly normal.
  const about = n - 1 + Math.sqrt(2 * (n - 1)) * normal(random)
  return [sum, (sum * sum) / n + sigma ** 2 * about]
}
