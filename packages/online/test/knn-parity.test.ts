import { test } from 'node:test'
import { KnnRegressor, Pipeline, type Regressor, StandardScaler } from '../src/index.ts'
import { assertParity, type DataSet, dataSets } from './parity.ts'

const recipes: { column: string; recipe: string; make: () => Regressor }[] = [
  {
    column: 'knn_w50',
    recipe: 'KNNRegressor(5, LazySearch(50))',
    make: () => new KnnRegressor({ neighbors: 5, window: 50 })
  },
  {
    column: 'knn_w1000',
    recipe: 'KNNRegressor(5, LazySearch(1000))',
    make: () => new KnnRegressor({ neighbors: 5, window: 1000 })
  },
  {
    column: 'knn_w1000_median',
    recipe: 'KNNRegressor(5, LazySearch(1000), median)',
    make: () => new KnnRegressor({ aggregation: 'median' })
  },
  {
    column: 'knn_w1000_weighted',
    recipe: 'KNNRegressor(5, LazySearch(1000), weighted_mean)',
    make: () => new KnnRegressor({ aggregation: 'weighted_mean' })
  },
  {
    column: 'ss_knn_w1000',
    recipe: 'StandardScaler | KNNRegressor(5, LazySearch(1000))',
    make: () => new Pipeline(new StandardScaler(), new KnnRegressor())
  }
]

for (const dataSet of Object.keys(dataSets) as DataSet[]) {
  for (const { column, recipe, make } of recipes) {
    test(`predicts, row by row, what River does: ${recipe} on ${dataSet}`, () => {
      assertParity(make(), dataSet, column, recipe)
    })
  }
}
