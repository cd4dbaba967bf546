import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compareRates } from '../../../src/experiments/statistics/compare-rates.ts'
import { confidenceSequence, oneSidedSequence } from '../../../src/experiments/statistics/confidence-sequence.ts'
import { loadDistributions } from '../../../src/experiments/statistics/distributions.ts'
import { thompsonWeights } from '../../../src/experiments/statistics/thompson-weights.ts'
import {
  converts,
  type Draw,
  firstAlarms,
  isRightAsOftenAs,
  logNormal,
  published,
  type Seen,
  significant,
  spends,
  type Stream
} from './simulation.ts'

const distributions = await loadDistributions()

const runs = 600

/** Numbers of units from 1 to 30 million, dense enough for the widths of sequences to differ by less than 1 %. */
const sizes = Array.from({ length: 100 }, (_, index) => 1.19 ** index)
const standard = { difference: 0, standardError: 1 }

/** The narrowest that a sequence with an alpha of 0.05 ever is, in standard errors, squared, less 2 %. */
const least = 0.98 * Math.min(...sizes.map(n => confidenceSequence({ ...standard, n, alpha: 0.05 }).interval[1])) ** 2
const leastOneSided =
  0.98 * Math.min(...sizes.map(n => oneSidedSequence(distributions, { ...standard, n, alpha: 0.04 })[1])) ** 2

/** Share of runs with an alarm, looking after every unit, for each alpha. */
function falseAlarms(stream: Omit<Stream, 'seed'>, alphas: readonly number[], isAdaptive = false): number[] {
  const alarms = alphas.map(alpha => significant(distributions, { kind: stream.kind, alpha, isAdaptive }))
  const counts = alphas.map(() => 0)
  for (let seed = 0; seed < runs; seed++) {
    const first = firstAlarms({ ...stream, seed: 7919 * seed + 1 }, alarms, least)
    for (const [index, unit] of first.entries()) if (unit !== undefined) counts[index]!++
  }
  return counts.map(count => count / runs)
}

const alike = (draw: Draw): readonly [Draw, Draw] => [draw, draw]
const always =
  (share: number): (() => number) =>
  () =>
    share

const growing = (_: Seen, unit: number): number => (unit < 2000 ? 0.01 : unit < 4000 ? 0.1 : unit < 6000 ? 0.25 : 0.5)

describe(`looking after every unit where there is no difference, in ${runs} experiments each`, () => {
  const scenarios: readonly [
    name: string,
    kind: Stream['kind'],
    draw: Draw,
    units: readonly [even: number, uneven: number]
  ][] = [
    ['conversions of 1 %', 'conversion', converts(0.01), [10_000, 16_000]],
    ['conversions of 10 %', 'conversion', converts(0.1), [5000, 5000]],
    ['conversions of 50 %', 'conversion', converts(0.5), [5000, 5000]],
    ['log-normal values', 'mean', logNormal(1), [5000, 5000]],
    ['values of one unit in twenty', 'mean', spends(), [6000, 12_000]],
    ['ratios', 'ratio', isRightAsOftenAs(1), [4000, 4000]]
  ]
  for (const [name, kind, draw, units] of scenarios) {
    for (const [place, share] of [0.5, 0.1].entries()) {
      test(`${name}, ${100 * share} % of units in the arm: false alarms are at most alpha, for 0.05 and 0.01`, () => {
        const alphas = [0.05, 0.01]
        const shares = falseAlarms({ kind, draws: alike(draw), share: always(share), units: units[place]! }, alphas)
        for (const [index, alpha] of alphas.entries())
          assert.ok(shares[index]! <= alpha, `${shares[index]} of ${alpha}`)
      })
    }
  }

  test('shares that grow by steps, as a canary’s: false alarms are at most alpha', () => {
    const [alarms] = falseAlarms(
      { kind: 'conversion', draws: alike(converts(0.5)), share: growing, units: 10_000 },
      [0.05]
    )
    assert.ok(alarms! <= 0.05, `${alarms}`)
  })

  test('shares that follow results, as a bandit’s: false alarms are at most alpha', () => {
    let weight = 0.5
    const share = (seen: Seen, unit: number): number => {
      if (unit === 1) weight = 0.5
      if (unit % 1000 === 0) {
        const samples = [seen.sample('conversion', 0), seen.sample('conversion', 1)]
        weight = thompsonWeights(distributions, { samples, goal: 'increase' })?.weights[1] ?? weight
      }
      return weight
    }
    const [alarms] = falseAlarms({ kind: 'conversion', draws: alike(converts(0.1)), share, units: 5000 }, [0.05], true)
    assert.ok(alarms! <= 0.05, `${alarms}`)
  })

  test('the published formula would give more false alarms than alpha where values are skewed and arms uneven', () => {
    const alarm = published('mean', 0.05)
    let count = 0
    for (let seed = 0; seed < 200; seed++) {
      const stream = { kind: 'mean', draws: alike(spends()), share: always(0.1), units: 20_000, seed } as const
      if (firstAlarms(stream, [alarm], least)[0] !== undefined) count++
    }
    assert.ok(count > 2 * 0.05 * 200, `${count} of 200`)
  })
})

describe('looking after every request for an arm that fails more often', () => {
  for (const [rate, share] of [
    [0.01, 0.1],
    [0.2, 0.02],
    [0.002, 0.5]
  ] as const) {
    test(`failures of ${100 * rate} %, ${100 * share} % of requests: an arm no worse is blamed in at most alpha`, () => {
      const alpha = 0.05
      const alarm = ({ n, sum }: Seen): boolean =>
        compareRates(distributions, {
          control: { n: n[0]!, successes: sum[0]! },
          arm: { n: n[1]!, successes: sum[1]! },
          alpha
        }).difference[0] > 0
      let blamed = 0
      for (let seed = 0; seed < 300; seed++) {
        const stream = {
          kind: 'conversion',
          draws: alike(converts(rate)),
          share: always(share),
          units: 5000,
          seed
        } as const
        if (firstAlarms(stream, [seen => mayBlame(seen) && alarm(seen)], 0)[0] !== undefined) blamed++
      }
      assert.ok(blamed <= alpha * 300, `${blamed} of 300`)
    })
  }
})

/**
 * Whether either part of the comparison can be far enough: the confidence sequence, or the exact one, which never is where
 * twice the log-likelihood ratio is below 2 ln(1 / (0.2 alpha)).
 */
function mayBlame(seen: Seen): boolean {
  const { n, sum } = seen
  if (!(sum[1]! / n[1]! > sum[0]! / n[0]!)) return false
  if (seen.zSquared('conversion') >= leastOneSided) return true
  const separate = logLikelihood(sum[0]!, n[0]!) + logLikelihood(sum[1]!, n[1]!)
  return 2 * (separate - logLikelihood(sum[0]! + sum[1]!, n[0]! + n[1]!)) >= 9.21
}

function logLikelihood(successes: number, n: number): number {
  const term = (count: number): number => (count === 0 ? 0 : count * Math.log(count / n))
  return term(successes) + term(n - successes)
}
