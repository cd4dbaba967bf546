import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import {
  AmfRegressor,
  type Features,
  KnnRegressor,
  LinearRegression,
  Pipeline,
  type Regressor,
  StandardScaler
} from '../src/index.ts'

interface Stream {
  name: string
  rows: { x: Features; y: number }[]
  /** By recipe; null where River has no prediction yet. */
  predictions: Record<string, (number | null)[]>
}

const file = new URL('fixtures/river_predictions.json', import.meta.url)
const { streams } = JSON.parse(readFileSync(file, 'utf8')) as { streams: Stream[] }
const aggregations = ['mean', 'median', 'weighted_mean'] as const

/** The recipes of fixtures/make_river_predictions.py. */
const recipes = new Map<string, () => Regressor>([
  ['amf', () => new AmfRegressor({ seed: 99 })],
  ['amf_step_0.1', () => new AmfRegressor({ trees: 3, step: 0.1, seed: 5 })],
  ['amf_leaf', () => new AmfRegressor({ trees: 5, useAggregation: false, seed: 5 })],
  ['amf_max_nodes_101', () => new AmfRegressor({ trees: 5, seed: 5, maxNodes: 101 })],
  ['scaled_amf', () => new Pipeline(new StandardScaler(), new AmfRegressor({ seed: 2 ** 31 }))],
  ['linear', () => new Pipeline(new StandardScaler(), new LinearRegression())],
  [
    'linear_l1',
    () => new Pipeline(new StandardScaler(), new LinearRegression({ l1: 0.3, interceptLearningRate: 0.05 }))
  ],
  ['linear_l2', () => new Pipeline(new StandardScaler(), new LinearRegression({ l2: 0.7, interceptInit: 3 }))],
  ['linear_clip', () => new Pipeline(new StandardScaler(), new LinearRegression({ clipGradient: 1.5 }))],
  ...aggregations.map(aggregation => {
    return [`knn_${aggregation}`, () => new KnnRegressor({ neighbors: 4, window: 60, aggregation })] as const
  }),
  ['scaled_knn', () => new Pipeline(new StandardScaler(), new KnnRegressor({ neighbors: 7, window: 100 }))]
])

for (const { name, rows, predictions } of streams) {
  describe(`on the ${name} stream`, () => {
    test('all recipes of River are compared', () => {
      assert.deepEqual([...recipes.keys()].toSorted(), Object.keys(predictions).toSorted())
    })

    for (const [recipe, make] of recipes) {
      test(`${recipe} predicts what River 0.26.1 predicts`, () => {
        const model = make()
        for (const [index, { x, y }] of rows.entries()) {
          const expected = predictions[recipe]![index]!
          const actual = model.predictOne(x)
          if (expected === null) assert.equal(model.canPredict, false)
          else
            assert.ok(Math.abs(actual - expected) <= 1e-12 * Math.max(1, Math.abs(expected)), `row ${index}: ${actual}`)
          model.learnOne(x, y)
        }
      })
    }
  })
}
