import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { loadDistributions } from '../../../src/experiments/statistics/distributions.ts'
import {
  converts,
  type Draw,
  firstAlarms,
  isRightAsOftenAs,
  logNormal,
  significant,
  type Stream
} from './simulation.ts'

const distributions = await loadDistributions()

/** Units after which half of 100 experiments, looking after every unit, have found a difference; Infinity if fewer have. */
function medianUnits(stream: Omit<Stream, 'seed'>): number {
  const alarm = significant(distributions, { kind: stream.kind, alpha: 0.05 })
  const found = Array.from(
    { length: 100 },
    (_, seed) => firstAlarms({ ...stream, seed: 31 * seed }, [alarm], 8)[0] ?? Infinity
  )
  return found.toSorted((one, other) => one - other)[50]!
}

describe('a relative difference of 20 %, looking after every unit', () => {
  // The last numbers are what one look with a power of 0.5 takes, both arms together: (1.96 / effect in deviations)^2 * 4
  // with even shares; a test that may be looked at any time has to take more.
  const scenarios: [
    name: string,
    kind: Stream['kind'],
    draws: [Draw, Draw],
    share: number,
    oneLook: number,
    units: number
  ][] = [
    ['conversions of 10 %', 'conversion', [converts(0.1), converts(0.12)], 0.5, 3760, 20_000],
    ['conversions of 50 %', 'conversion', [converts(0.5), converts(0.6)], 0.5, 377, 5000],
    ['conversions of 50 %, 10 % of units in the arm', 'conversion', [converts(0.5), converts(0.4)], 0.1, 1029, 12_000],
    ['log-normal values', 'mean', [logNormal(1), logNormal(1, 1.2)], 0.5, 806, 10_000],
    ['ratios', 'ratio', [isRightAsOftenAs(1), isRightAsOftenAs(1.5)], 0.5, 290, 5000]
  ]
  for (const [name, kind, draws, share, oneLook, units] of scenarios) {
    test(`${name}: half of the experiments find it in at most four times the units of one look`, () => {
      const median = medianUnits({ kind, draws, share: () => share, units })
      assert.ok(median > oneLook / 2 && median <= 4 * oneLook, `median ${median}`)
    })
  }
})
