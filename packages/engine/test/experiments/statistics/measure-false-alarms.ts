/* oxlint-disable no-console */
import { loadDistributions } from '../../../src/experiments/statistics/distributions.ts'
import {
  converts,
  type Draw,
  firstAlarms,
  isRightAsOftenAs,
  logNormal,
  published,
  significant,
  spends
} from './simulation.ts'

/**
 * The long form of false-alarms.test.ts: shares of experiments without any difference in which an alarm is given at some
 * time, looking after every unit. Takes a few minutes.
 *
 *     node packages/engine/test/experiments/statistics/measure-false-alarms.ts [runs] [units]
 */
const [runs, units] = [Number(process.argv[2] ?? 2000), Number(process.argv[3] ?? 30_000)]

const distributions = await loadDistributions()
const scenarios: readonly [name: string, kind: 'conversion' | 'mean' | 'ratio', draw: Draw][] = [
  ['conversions of 1 %', 'conversion', converts(0.01)],
  ['conversions of 10 %', 'conversion', converts(0.1)],
  ['conversions of 50 %', 'conversion', converts(0.5)],
  ['log-normal values', 'mean', logNormal(1)],
  ['values of one unit in twenty', 'mean', spends()],
  ['ratios', 'ratio', isRightAsOftenAs(1)]
]
const alphas = [0.05, 0.01]

const percent = (count: number): string => `${((100 * count) / runs).toFixed(2)} %`

console.log(`${runs} experiments of ${units} units each`)
console.log('| values | share of arm | alpha | published formula | here |\n|---|---|---|---|---|')
for (const [name, kind, draw] of scenarios) {
  for (const share of [0.5, 0.1]) {
    const alarms = alphas.flatMap(alpha => [published(kind, alpha), significant(distributions, { kind, alpha })])
    const counts = alarms.map(() => 0)
    for (let seed = 0; seed < runs; seed++) {
      const first = firstAlarms(
        { kind, draws: [draw, draw], share: () => share, units, seed: 7919 * seed + 11 },
        alarms,
        8
      )
      for (const [index, unit] of first.entries()) if (unit !== undefined) counts[index]!++
    }
    for (const [index, alpha] of alphas.entries())
      console.log(
        `| ${name} | ${100 * share} % | ${alpha} | ${percent(counts[2 * index]!)} | ${percent(counts[2 * index + 1]!)} |`
      )
  }
}
