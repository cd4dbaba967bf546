import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import type { Experiments } from '../../src/experiments/experiments.ts'
import { draft, experimentSetup } from './experiment-setup.ts'

const units = 100_000

/** Ids as they are used: numbers, and hexadecimal of the length of a UUID. */
const ids = {
  numbered: (index: number): string => `user-${index}`,
  hexadecimal: (index: number): string =>
    `${Math.imul(index, 0x9e3779b1).toString(16)}-4a1c-8e2f-${(index * 40_503).toString(16).padStart(12, '0')}`
}

/** Below this a chi-square with so many degrees of freedom is in 999 of 1000 cases: R's `qchisq(0.999, degrees)`. */
const bound: Readonly<Record<number, number>> = { 1: 10.828, 2: 13.816, 3: 16.266, 5: 20.515, 19: 43.82 }

function chiSquare(observed: readonly number[], expected: readonly number[]): number {
  return expected.reduce((sum, count, index) => sum + (observed[index]! - count) ** 2 / count, 0)
}

/** Name of the arm that an experiment gives a unit; `-` for none. */
function armOf({ traffic }: Experiments, model: string, id: string): string {
  const decision = traffic.decide({ model, inputs: [], unit: { id, isGiven: true } })
  assert.ok(!(decision instanceof Promise))
  return decision?.route.assignment?.arm ?? '-'
}

async function started(
  t: TestContext,
  weights: readonly number[],
  more: Record<string, unknown>
): Promise<Experiments> {
  const { experiments } = await experimentSetup(t)
  const arms = weights.map((weight, index) => ({ name: String(index), version: `v${(index % 3) + 1}`, weight }))
  await experiments.create({ ...draft, arms, ...more })
  await experiments.start('e')
  return experiments
}

const splits: readonly (readonly number[])[] = [
  [0.5, 0.5],
  [0.9, 0.1],
  [0.99, 0.01],
  [0.2, 0.3, 0.5],
  [0.1, 0.2, 0.3, 0.4],
  Array.from({ length: 20 }, () => 0.05)
]

describe('a hundred thousand units', () => {
  for (const weights of splits) {
    test(`are divided as ${weights.length > 4 ? `${weights.length} equal weights` : weights.join(' : ')} say`, async t => {
      for (const [kind, id] of Object.entries(ids)) {
        const experiments = await started(t, weights, { seed: `split by ${kind}` })
        const observed = weights.map(() => 0)
        for (let index = 0; index < units; index++) observed[Number(armOf(experiments, 'm', id(index)))]!++
        const found = chiSquare(
          observed,
          weights.map(weight => weight * units)
        )
        assert.ok(found < bound[weights.length - 1]!, `${kind}: ${found} of ${observed.join(' ')}`)
      }
    })
  }

  test('take part as far as the coverage goes', async t => {
    const experiments = await started(t, [0.5, 0.5], { coverage: 0.3 })
    const observed = new Map<string, number>()
    for (let index = 0; index < units; index++) {
      const arm = armOf(experiments, 'm', ids.numbered(index))
      observed.set(arm, (observed.get(arm) ?? 0) + 1)
    }
    const counts = ['0', '1', '-'].map(arm => observed.get(arm) ?? 0)
    assert.ok(chiSquare(counts, [0.15 * units, 0.15 * units, 0.7 * units]) < bound[2]!, counts.join(' '))
  })

  test('come to the arms of one experiment whatever another one gives them', async t => {
    const rows = [0.5, 0.5]
    const columns = [0.2, 0.3, 0.5]
    // Ids that differ in one letter are what a weak hash would mix up.
    for (const [one, other] of [
      ['checkout-a', 'checkout-b'],
      ['a', 'b'],
      ['e', 'e2']
    ] as const) {
      const [first, second] = [await started(t, rows, { seed: one }), await started(t, columns, { seed: other })]
      const table = rows.map(() => columns.map(() => 0))
      for (let index = 0; index < units; index++) {
        const id = ids.numbered(index)
        table[Number(armOf(first, 'm', id))]![Number(armOf(second, 'm', id))]!++
      }
      const expected = rows.flatMap(row => columns.map(column => row * column * units))
      const inRows = table.map(row => row.reduce((sum, count) => sum + count, 0))
      const inColumns = columns.map((_, column) => table.reduce((sum, row) => sum + row[column]!, 0))
      const independent = inRows.flatMap(row => inColumns.map(column => (row * column) / units))
      // Pearson's test of independence has (2 - 1) * (3 - 1) degrees of freedom; with weights that are given, 5.
      assert.ok(chiSquare(table.flat(), independent) < bound[2]!, `${one} ${other}: ${table.join(' ')}`)
      assert.ok(chiSquare(table.flat(), expected) < bound[5]!)
    }
  })
})

test('moving weights moves the share of units that has to move, and raising the coverage none', async t => {
  const experiments = await started(t, [0.5, 0.5], { coverage: 0.5 })
  const sample = Array.from({ length: 20_000 }, (_, index) => ids.numbered(index))
  const arms = (): string[] => sample.map(id => armOf(experiments, 'm', id))
  const before = arms()
  await experiments.change('e', { coverage: 1 })
  const raised = arms()
  assert.ok(before.every((arm, index) => arm === '-' || arm === raised[index]))
  assert.ok(!raised.includes('-'))
  const weights = [0.6, 0.4].map((weight, index) => ({ name: String(index), version: `v${index + 1}`, weight }))
  await experiments.change('e', { arms: weights })
  const moved = arms().filter((arm, index) => arm !== raised[index]).length / sample.length
  // A tenth of the units, give or take four standard errors.
  assert.ok(Math.abs(moved - 0.1) < 4 * Math.sqrt((0.1 * 0.9) / sample.length), String(moved))
})
