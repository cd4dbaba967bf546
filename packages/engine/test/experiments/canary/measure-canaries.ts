/**
 * Prints what becomes of canaries, and after how many requests: `node measure-canaries.ts [runs]`, 100 unless given. For
 * docs/decisions; the tests hold the same with fewer runs.
 */
import { loadDistributions } from '../../../src/experiments/statistics/distributions.ts'
import { type Behaviour, type Ending, play, type World } from './canary-simulation.ts'

const runs = Number(process.argv[2] ?? 100)
const steps = [0.05, 0.25, 0.5].map(share => ({ share, minSeconds: 5 }))
const usual = { errors: 0.05, ms: 20 }

function world(control: Behaviour, canary: Partial<Behaviour>, requests = 2000, more: Partial<World> = {}): World {
  return { control, canary: { ...control, ...canary }, requests, plan: { steps, ...more.plan }, drift: more.drift }
}

const worlds: Record<string, World> = {
  'equal, 5 % fail': world(usual, {}),
  'equal, 5 % fail at first and ever more': world(usual, {}, 2000, { drift: second => 1 + second / 30 }),
  'equal, 1 % fail': world({ errors: 0.01, ms: 20 }, {}, 1000),
  'equal, nothing fails': world({ errors: 0, ms: 20 }, {}, 500),
  'equal, with labels and conversions': world({ ...usual, accuracy: 0.9, conversion: 0.2 }, {}),
  'as bad as is let pass, 5 % fail': world(usual, { errors: 0.055, ms: 22 }, 300, { plan: { maxRequests: 30_000 } }),
  'as bad as is let pass, 30 % fail': world({ errors: 0.3, ms: 20 }, { errors: 0.33, ms: 22 }, 100, {
    plan: { maxRequests: 30_000 }
  }),
  '6 % fail, not 5 %': world(usual, { errors: 0.06 }),
  '24 % fail, not 20 %': world({ errors: 0.2, ms: 20 }, { errors: 0.24 }),
  '20 % fail, not 0 %': world({ errors: 0, ms: 20 }, { errors: 0.2 }, 100),
  'all fail, not 0 %': world({ errors: 0, ms: 20 }, { errors: 1 }, 100),
  'all fail, 10 requests a second': world({ errors: 0, ms: 20 }, { errors: 1 }, 10),
  '20 % longer': world(usual, { ms: 24 }, 500),
  '72 % right, not 90 %': world({ ...usual, accuracy: 0.9 }, { accuracy: 0.72 }, 500),
  '8 % convert, not 10 %': world({ ...usual, conversion: 0.1 }, { conversion: 0.08 })
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))]!
}

const distributions = await loadDistributions()
for (const [name, played] of Object.entries(worlds)) {
  const endings = Array.from({ length: runs }, (_, run) => play(distributions, played, run + 1))
  const count = (verdict: Ending['verdict']): number => endings.filter(one => one.verdict === verdict).length
  const of = (what: 'requests' | 'seconds' | 'failures'): string => {
    const values = endings.map(one => one[what])
    return `${quantile(values, 0.5)} (${quantile(values, 0.95)})`
  }
  const verdicts = `${count('promoted')} promoted, ${count('rolled back')} rolled back, ${count('undecided')} undecided`
  process.stdout.write(
    `${name}: ${verdicts}; ${of('requests')} requests, ${of('seconds')} s, ${of('failures')} failures\n`
  )
}
