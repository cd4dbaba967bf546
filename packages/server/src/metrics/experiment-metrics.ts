import type { ArmTally, CanaryView, Experiments, ExperimentTally, ExperimentView, ShadowReport } from '@millrace/engine'
import type { Registry } from 'prom-client'
import { type Labels, registerValues } from './read-metrics.ts'

/** What the metrics of experiments are read from. */
export type WatchedExperiments = Pick<Experiments, 'list' | 'tally' | 'canaries' | 'shadows'>

/**
 * Experiments, canaries and shadows that metrics tell of: of each those that run first, then the newest; so that labels
 * cannot grow without end.
 */
const mostTold = 50

/** Experiments and canaries with what was counted of them, and shadows, at one moment. */
interface Told {
  readonly experiments: readonly { readonly view: Running; readonly tally: ExperimentTally }[]
  readonly canaries: readonly CanaryView[]
  readonly shadows: readonly ShadowReport[]
}

/** What experiments and canaries have in common. */
type Running = Pick<ExperimentView, 'definition' | 'state' | 'allocation' | 'createdAt'> & {
  weights?: readonly number[]
}

type Values = Iterable<readonly [labels: Labels, value: number]>

/** A metric of something that there are several of, and how it is read from what is known of one. */
type Metric<Of> = readonly [type: 'counter' | 'gauge', name: string, help: string, read: (of: Of) => number]

const ofArms: readonly Metric<ArmTally>[] = [
  ['counter', 'requests_total', 'Requests that an arm answered, from the cache as well.', ({ requests }) => requests],
  [
    'counter',
    'failures_total',
    'Requests that an arm could not answer, for reasons of the server.',
    ({ failures }) => failures
  ],
  ['counter', 'fallbacks_total', 'Requests that control answered in place of an arm.', ({ fallbacks }) => fallbacks],
  ['gauge', 'units', 'Units that an arm served, each once.', ({ units }) => units]
]

const ofExperiments: readonly Metric<ExperimentTally>[] = [
  ['gauge', 'crossed_units', 'Units that came to two arms.', ({ crossed }) => crossed],
  [
    'gauge',
    'forgotten_units',
    'Units beyond what is remembered, which were served and count nowhere.',
    ({ forgotten }) => forgotten
  ],
  [
    'gauge',
    'waiting_outcomes',
    'Outcomes of units and requests that are not known yet.',
    ({ unknownOutcomes }) => unknownOutcomes
  ],
  [
    'counter',
    'repeated_outcomes_total',
    'Outcomes that were told again, and counted once.',
    ({ repeatedOutcomes }) => repeatedOutcomes
  ]
]

const ofShadows: readonly Metric<ShadowReport>[] = [
  ['counter', 'copied_total', 'Requests of which the candidate of a shadow got a copy.', ({ copied }) => copied],
  ['counter', 'compared_total', 'Copies whose answers were compared.', ({ compared }) => compared],
  ['counter', 'dropped_total', 'Requests that were not copied because too many waited.', ({ dropped }) => dropped],
  ['counter', 'failures_total', 'Copies that the candidate could not answer.', ({ failed }) => failed],
  [
    'counter',
    'values_compared_total',
    'Values of outputs that were compared.',
    ({ outputs }) => sum(outputs, 'compared')
  ],
  [
    'counter',
    'values_different_total',
    'Of those, beyond the tolerances.',
    ({ outputs }) => sum(outputs, 'compared') - sum(outputs, 'same')
  ]
]

function sum(outputs: ShadowReport['outputs'], key: 'compared' | 'same'): number {
  return outputs.reduce((total, output) => total + output[key], 0)
}

/**
 * Registers what `GET /metrics` tells of experiments. It is read when somebody asks, from what is counted anyway; counts are
 * those of all processes that share the experiments, since the present phase began.
 */
export function registerExperimentMetrics(registry: Registry, watched: () => WatchedExperiments | undefined): void {
  const told = onceATurn(() => tellOf(watched()))
  const register = (type: 'counter' | 'gauge', name: string, help: string, read: (told: Told) => Values): void =>
    registerValues(registry, type, { name: `millrace_${name}`, help }, () => read(told()))
  for (const [type, name, help, read] of ofArms) {
    register(type, `experiment_${name}`, help, ({ experiments }) =>
      experiments.flatMap(({ view, tally }) => eachArm(view, index => read(tally.arms[index]!)))
    )
  }
  for (const [type, name, help, read] of ofExperiments) {
    register(type, `experiment_${name}`, help, ({ experiments }) =>
      experiments.map(({ view, tally }) => [{ experiment: view.definition.id }, read(tally)])
    )
  }
  for (const [type, name, help, read] of ofShadows) {
    register(type, `shadow_${name}`, help, ({ shadows }) =>
      shadows.map(report => [{ shadow: report.definition.id }, read(report)])
    )
  }
  registerStates(register)
}

/** The same answer to all who ask in one turn of the event loop: a scrape asks once for each metric. */
function onceATurn(read: () => Told): () => Told {
  let last: Told | undefined
  return () => {
    if (last === undefined) setImmediate(() => (last = undefined)).unref()
    return (last ??= read())
  }
}

function tellOf(watched: WatchedExperiments | undefined): Told {
  if (watched === undefined) return { experiments: [], canaries: [], shadows: [] }
  const canaries = foremost(watched.canaries.list(), ({ record }) => [record.state === 'running', record.createdAt])
  const begun = watched.list().filter(({ state }) => state !== 'draft')
  const views = foremost(begun, ({ state, createdAt }) => [state === 'running', createdAt])
  const all: Running[] = [...views, ...canaries.map(({ record }) => record)]
  return {
    experiments: all.map(view => ({ view, tally: watched.tally(view.definition.id) })),
    canaries,
    shadows: foremost(watched.shadows.list(), ({ isRunning, startedAt }) => [isRunning, startedAt])
  }
}

/** @param rank whether it runs, and since when there is such a thing */
function foremost<Thing>(
  things: readonly Thing[],
  rank: (thing: Thing) => readonly [runs: boolean, since: number]
): readonly Thing[] {
  if (things.length <= mostTold) return things
  const ranked = things.map(thing => ({ thing, rank: rank(thing) }))
  ranked.sort(({ rank: a }, { rank: b }) => Number(b[0]) - Number(a[0]) || b[1] - a[1])
  return ranked.slice(0, mostTold).map(({ thing }) => thing)
}

function eachArm({ definition }: Running, read: (index: number) => number): [Labels, number][] {
  return definition.arms.map(({ name: arm }, index) => [{ experiment: definition.id, arm }, read(index)])
}

function registerStates(
  register: (type: 'gauge', name: string, help: string, read: (told: Told) => Values) => void
): void {
  register('gauge', 'experiment_running', 'Whether an experiment or canary decides about requests.', told =>
    told.experiments.map(({ view: { definition, state } }) => [
      { experiment: definition.id },
      state === 'running' ? 1 : 0
    ])
  )
  register('gauge', 'experiment_share', 'Share of the units in an experiment that an arm gets at present.', told =>
    told.experiments.flatMap(({ view }) => {
      const { weights } = view
      return weights === undefined ? [] : eachArm(view, index => weights[index] ?? 0)
    })
  )
  register('gauge', 'canary_share', 'Share of traffic that the candidate of a canary has at present.', told =>
    told.canaries.map(({ id, record }) => [{ canary: id }, shareOf(record)])
  )
  register('gauge', 'canary_step', 'Step that a canary is in, from 0.', told =>
    told.canaries.map(({ id, record }) => [{ canary: id }, record.canary?.step ?? 0])
  )
  register('gauge', 'canary_verdict', 'What became of a canary: 1 for the verdict that it has.', told =>
    told.canaries.map(({ id, record }) => [{ canary: id, verdict: record.canary?.verdict ?? '' }, 1])
  )
}

/** What the buckets of a canary were that is over does not count any more. */
function shareOf({ state, canary }: CanaryView['record']): number {
  return state === 'running' ? (canary?.plan.steps[canary.step]?.share ?? 0) : 0
}
