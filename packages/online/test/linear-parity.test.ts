import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LinearRegression, type LinearRegressionOptions, Pipeline, StandardScaler } from '../src/index.ts'
import { assertClose, assertParity, type DataSet, dataSets, readReference } from './parity.ts'

const recipes: { column: string; recipe: string; options: LinearRegressionOptions }[] = [
  { column: 'lin', recipe: 'LinearRegression()', options: {} },
  { column: 'lin_ilr0.1', recipe: 'LinearRegression(intercept_lr=0.1)', options: { interceptLearningRate: 0.1 } },
  { column: 'ridge_l2_1', recipe: 'LinearRegression(l2=1.0)', options: { l2: 1 } },
  { column: 'ridge_l2_0.1', recipe: 'LinearRegression(l2=0.1)', options: { l2: 0.1 } },
  { column: 'lasso_l1_1', recipe: 'LinearRegression(l1=1.0)', options: { l1: 1 } },
  { column: 'lasso_l1_0.1', recipe: 'LinearRegression(l1=0.1)', options: { l1: 0.1 } }
]

for (const dataSet of Object.keys(dataSets) as DataSet[]) {
  for (const { column, recipe, options } of recipes) {
    test(`predicts, row by row, what River does: StandardScaler | ${recipe} on ${dataSet}`, () => {
      const regression = new LinearRegression(options)
      const scaled = `StandardScaler | ${recipe}`
      assertParity(new Pipeline(new StandardScaler(), regression), dataSet, column, scaled)

      const { weights = {}, intercept = NaN } = readReference(dataSet, scaled)
      assertClose(regression.intercept, intercept, 'intercept')
      // River calls Friedman's features 0, 1, …; the order is the same.
      const expected = Object.values(weights)
      assert.equal(regression.weights.size, expected.length)
      for (const [index, [name, weight]] of [...regression.weights].entries()) {
        assertClose(weight, expected[index]!, `weight of ${name}`)
      }
    })
  }
}
