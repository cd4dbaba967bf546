import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { zeros } from '../src/array-types.ts'
import { type Datatype, datatypes, type NamedTensor, type RuntimeModel } from '../src/index.ts'
import { floats, load, numbers, places } from './fixtures.ts'

const lookUp = (model: RuntimeModel, ...rows: number[]): Promise<number[]> =>
  model.run({ inputs: [places(...rows)] }).then(numbers)

/** What the table of the fixture holds: row i is [2i, 2i + 1]. */
const rowsOfTable = (rows: readonly number[]): number[] => rows.flatMap(row => [2 * row, 2 * row + 1])

for (const placement of ['inline', 'thread'] as const) {
  describe(`${placement}:`, () => {
    test('requests that wait together run together, and each gets its own rows', async t => {
      const model = await load(t, 'lookup', { placement })
      const asked = fc.array(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 5 }), { maxLength: 40 })
      const property = fc.asyncProperty(asked, async requests => {
        const answers = await Promise.all(requests.map(rows => lookUp(model, ...rows)))
        assert.deepEqual(answers, requests.map(rowsOfTable))
      })
      await fc.assert(property, { numRuns: 50 })
      assert.ok(
        model.counts().batches.some(({ rows }) => rows > 5),
        'no two requests shared a run'
      )
    })

    test('a request that makes a batch fail does so alone', async t => {
      const model = await load(t, 'lookup', { placement })
      const asked = [lookUp(model, 0), lookUp(model, 1), lookUp(model, 99), lookUp(model, 3, 4), lookUp(model, 2)]
      const settled = await Promise.allSettled(asked)
      assert.deepEqual(
        settled.map(one => (one.status === 'fulfilled' ? one.value : one.reason.code)),
        [[0, 1], [2, 3], 'MILL_RUN_FAILED', [6, 7, 8, 9], [4, 5]]
      )
    })

    test('a batch has at most as many rows as it may have; a larger request runs alone and whole', async t => {
      const model = await load(t, 'lookup', { placement, maxBatchRows: 3 })
      const requests = [[0], [1], [2], [3, 4], [0, 1, 2, 3, 4], [1]]
      assert.deepEqual(await Promise.all(requests.map(rows => lookUp(model, ...rows))), requests.map(rowsOfTable))
      const sizes = model.counts().batches.map(({ rows }) => rows)
      assert.deepEqual(
        sizes.filter(rows => rows > 3),
        [5]
      )
    })

    test('requests whose rows have other shapes or that want other outputs do not mix', async t => {
      const model = await load(t, 'identity', { placement })
      const run = (width: number, value: number, outputs: string[]): Promise<number[]> =>
        model.run({ inputs: datatypes.map(datatype => filled(datatype, width, value)), outputs }).then(numbers)
      const answers = await Promise.all([
        run(1, 1, ['out_FP32']),
        run(2, 2, ['out_FP32']),
        run(1, 3, ['out_INT8']),
        run(1, 4, ['out_FP32', 'out_INT8']),
        run(2, 5, ['out_FP32'])
      ])
      assert.deepEqual(answers, [[1], [2, 2], [3], [4], [5, 5]])
    })

    test('no more requests wait than may', async t => {
      const model = await load(t, 'lookup', { placement, queueLimit: 2, maxBatchRows: 1 })
      const asked = [0, 1, 2, 3, 4].map(row => lookUp(model, row))
      const refused = (await Promise.allSettled(asked)).filter(one => one.status === 'rejected')
      // A thread has taken the first from the queue.
      assert.equal(refused.length, placement === 'inline' ? 3 : 2)
      for (const { reason } of refused) {
        assert.equal(reason.code, 'MILL_OVERLOADED')
        assert.match(reason.message, /Exceeds maximum queue size/)
      }
    })

    test('lower numbers run first, equal ones in the order of their coming', async t => {
      const model = await load(t, 'lookup', { placement, maxBatchRows: 1 })
      const order: number[] = []
      const ask = (row: number, priority: number): Promise<unknown> =>
        model.run({ inputs: [places(row)], priority }).then(() => order.push(row))
      // The first is taken by the thread at once.
      await Promise.all([ask(0, -9), ask(1, 5), ask(2, 0), ask(3, 5), ask(4, 0)])
      assert.deepEqual(order, [0, 2, 4, 1, 3])
    })

    test('a request whose deadline has passed is not run', async t => {
      const model = await load(t, 'lookup', { placement })
      const late = model.run({ inputs: [places(1)], deadline: performance.now() - 1 })
      await assert.rejects(late, { code: 'MILL_DEADLINE_EXCEEDED' })
      assert.equal(model.counts().executions, 0)
    })

    test('runs are counted by their rows', async t => {
      const model = await load(t, 'lookup', { placement })
      for (const rows of [[1], [2], [0, 1, 2], []]) await lookUp(model, ...rows)
      const { inferences, executions, batches } = model.counts()
      assert.deepEqual([inferences, executions], [6, 4])
      assert.deepEqual(
        batches.map(({ rows, count }) => [rows, count]),
        [
          [1, 3],
          [3, 1]
        ]
      )
    })

    test('a request waits for others as long as it is told to', async t => {
      const model = await load(t, 'lookup', { placement, maxBatchRows: 4, batchDelayUs: 3_600_000_000 })
      // Nothing but the fourth row can end the wait of an hour.
      const first = [lookUp(model, 0), lookUp(model, 1)]
      await new Promise(setImmediate)
      assert.equal(model.counts().executions, 0)
      assert.deepEqual(await Promise.all([...first, lookUp(model, 2, 3)]), [
        [0, 1],
        [2, 3],
        [4, 5, 6, 7]
      ])
      assert.deepEqual(
        model.counts().batches.map(({ rows }) => rows),
        [4]
      )
    })
  })
}

test('a request that runs too long in a thread is answered when its time is up', async t => {
  const model = await load(t, 'laps', { placement: 'thread' })
  const long = model.run({ inputs: [floats('x', [[300_000]])], deadline: performance.now() + 20 })
  await assert.rejects(long, { code: 'MILL_DEADLINE_EXCEEDED' })
  assert.deepEqual(numbers(await model.run({ inputs: [floats('x', [[2]])] })), [2])
})

describe('requests are never run together', () => {
  test('by a model whose rows depend on each other', async t => {
    const model = await load(t, 'centred')
    assert.equal(model.facts.unbatchable, "output 'y' of a row depends on the other rows")
    assert.equal(model.facts.maxBatchRows, 1)
    // The mean of a single row is that row.
    const answers = await Promise.all(
      [
        [1, 2, 3, 4],
        [5, 6, 7, 9]
      ].map(row => model.run({ inputs: [floats('x', [row])] }))
    )
    assert.deepEqual(answers.map(numbers), [
      [0, 0, 0, 0],
      [0, 0, 0, 0]
    ])
  })

  test('by a model without a first dimension', async t => {
    const model = await load(t, 'scalar')
    assert.equal(model.facts.unbatchable, "the first dimension of 'x' is not there")
  })

  test('when batching is turned off', async t => {
    const model = await load(t, 'mlp', { maxBatchRows: 1 })
    assert.equal(model.facts.unbatchable, 'batching is turned off')
  })
})

test('a model whose rows are independent is found to be so', async t => {
  for (const name of ['mlp', 'lookup', 'identity', 'classes', 'named_classes']) {
    const { unbatchable, maxBatchRows } = (await load(t, name)).facts
    assert.deepEqual([name, unbatchable, maxBatchRows], [name, undefined, 64])
  }
})

/** One row of `width` elements, all of them `value`, or `true` or the text of it. */
function filled(datatype: Datatype, width: number, value: number): NamedTensor {
  const base = { name: `in_${datatype}`, datatype, shape: [1, width] }
  if (datatype === 'BYTES') return { ...base, data: Array.from({ length: width }, () => String(value)) }
  const data = zeros(datatype, width)
  for (let index = 0; index < width; index++) data[index] = typeof data[index] === 'bigint' ? BigInt(value) : value
  return { ...base, data: data as unknown as NamedTensor['data'] }
}
