import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ExperimentTally } from '@millrace/engine'
import { Registry } from 'prom-client'
import { conversionRates, versionKey } from '../../src/metrics/conversion-rates.ts'
import { registerExperimentMetrics, type WatchedExperiments } from '../../src/metrics/experiment-metrics.ts'

const latency = { count: 0, sumMs: 0, sumLog: 0, sumLogSquares: 0, histogram: [] }

/** An arm that served this many units, of which so many converted. */
function arm(units: number, conversions: number, more: object = {}) {
  const sums = { units: conversions, count: conversions, sum: conversions, sumSquares: 0, countSquares: 0, products: 0 }
  const metrics = new Map([['conversion', sums]])
  const none = { givenUnits: units, requests: 2 * units, cached: 0, failures: 0, fallbacks: 0, latency }
  return { units, metrics, ...none, ...more }
}

function definition(id: string, kind = 'conversion') {
  const arms = [
    { name: 'a', model: 'm', version: 'v1.0', weight: 0.5 },
    { name: 'b "2"', model: 'm', version: 'v2.0', weight: 0.5 }
  ]
  return { id, arms, metrics: [{ name: 'conversion', kind, goal: 'increase' }] }
}

/** Experiments of these ids, in these states, of each of which this was counted. */
function watched(
  states: Record<string, string>,
  tally: Partial<ExperimentTally>,
  more: { canaries?: object[]; shadows?: object[] } = {}
) {
  const asked: string[] = []
  const experiments = {
    list: () =>
      Object.entries(states).map(([id, state], at) => ({
        definition: definition(id, id === 'valued' ? 'mean' : 'conversion'),
        state,
        weights: [0.75, 0.25],
        createdAt: at
      })),
    tally(id: string) {
      asked.push(id)
      return { crossed: 0, forgotten: 0, unknownOutcomes: 0, repeatedOutcomes: 0, updatedAt: 0, ...tally }
    },
    canaries: { list: () => more.canaries ?? [] },
    shadows: { list: () => more.shadows ?? [] }
  } as unknown as WatchedExperiments
  return { experiments, asked }
}

async function linesOf(experiments: WatchedExperiments | undefined): Promise<string[]> {
  const registry = new Registry()
  registerExperimentMetrics(registry, () => experiments)
  const text = await registry.metrics()
  return text.split('\n').filter(line => line !== '' && !line.startsWith('#'))
}

test('what was counted of an experiment is told by arm, and read once for all metrics', async () => {
  const arms = [arm(10, 2), arm(30, 9, { failures: 3, fallbacks: 1 })]
  const { experiments, asked } = watched(
    { colours: 'running', later: 'draft' },
    { arms, crossed: 4, unknownOutcomes: 5, repeatedOutcomes: 6, forgotten: 7 }
  )
  const lines = await linesOf(experiments)
  const expected = [
    'millrace_experiment_requests_total{experiment="colours",arm="a"} 20',
    'millrace_experiment_requests_total{experiment="colours",arm="b \\"2\\""} 60',
    'millrace_experiment_failures_total{experiment="colours",arm="b \\"2\\""} 3',
    'millrace_experiment_fallbacks_total{experiment="colours",arm="b \\"2\\""} 1',
    'millrace_experiment_units{experiment="colours",arm="a"} 10',
    'millrace_experiment_share{experiment="colours",arm="a"} 0.75',
    'millrace_experiment_running{experiment="colours"} 1',
    'millrace_experiment_crossed_units{experiment="colours"} 4',
    'millrace_experiment_waiting_outcomes{experiment="colours"} 5',
    'millrace_experiment_repeated_outcomes_total{experiment="colours"} 6',
    'millrace_experiment_forgotten_units{experiment="colours"} 7'
  ]
  for (const line of expected) assert.ok(lines.includes(line), `${line} is not in\n${lines.join('\n')}`)
  assert.ok(!lines.some(line => line.includes('later')))
  assert.deepEqual(asked, ['colours'])
})

test('a canary tells its share, step and verdict, and one that is over has no share', async () => {
  const canary = { step: 1, verdict: 'running', plan: { steps: [{ share: 0.05 }, { share: 0.25 }] } }
  const canaries = [
    { id: 'now', record: { definition: definition('now'), state: 'running', createdAt: 1, canary } },
    {
      id: 'past',
      record: {
        definition: definition('past'),
        state: 'stopped',
        createdAt: 0,
        canary: { ...canary, verdict: 'rolled_back' }
      }
    }
  ]
  const lines = await linesOf(watched({}, { arms: [arm(1, 0), arm(2, 0)] }, { canaries }).experiments)
  const expected = [
    'millrace_canary_share{canary="now"} 0.25',
    'millrace_canary_step{canary="now"} 1',
    'millrace_canary_verdict{canary="now",verdict="running"} 1',
    'millrace_canary_share{canary="past"} 0',
    'millrace_canary_verdict{canary="past",verdict="rolled_back"} 1',
    'millrace_experiment_units{experiment="now",arm="a"} 1'
  ]
  for (const line of expected) assert.ok(lines.includes(line), `${line} is not in\n${lines.join('\n')}`)
})

test('a shadow tells what it copied and how much of it differed', async () => {
  const outputs = [
    { compared: 10, same: 8 },
    { compared: 20, same: 15 }
  ]
  const report = { startedAt: 0, copied: 12, compared: 10, dropped: 2, failed: 1, outputs }
  const shadows = [{ definition: { id: 's' }, ...report }]
  const lines = await linesOf(watched({}, {}, { shadows }).experiments)
  const expected = {
    copied_total: 12,
    compared_total: 10,
    dropped_total: 2,
    failures_total: 1,
    values_compared_total: 30,
    values_different_total: 7
  }
  for (const [name, value] of Object.entries(expected)) {
    assert.ok(lines.includes(`millrace_shadow_${name}{shadow="s"} ${value}`), name)
  }
})

test('metrics tell of fifty experiments, those that run and then the newest, and of none where there are none', async () => {
  const states = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`e${index}`, 'stopped']))
  const drafts = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`d${index}`, 'draft']))
  const all = { ...states, ...drafts, e0: 'running' }
  const { asked, experiments } = watched(all, { arms: [arm(1, 0), arm(1, 0)] })
  await linesOf(experiments)
  assert.deepEqual(asked.toSorted(), ['e0', ...Array.from({ length: 49 }, (_, index) => `e${index + 11}`)])
  assert.deepEqual(await linesOf(undefined), [])
})

test('conversion rates of a version are those of its units in all experiments that measure conversions', () => {
  const arms = [arm(10, 2), arm(0, 0)]
  const { experiments } = watched({ one: 'running', two: 'stopped', three: 'draft', valued: 'running' }, { arms })
  // Two experiments of 10 units and 2 conversions each.
  assert.deepEqual([...conversionRates(experiments)], [[versionKey('m', 'v1.0'), 0.2]])
})
