import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Mae, Mape, R2, type Regressor, Rmse, Smape } from '../src/index.ts'

/** One row of a data set. */
export interface Example {
  x: Record<string, number>
  y: number
}

/** The data sets there are reference predictions for. */
export const dataSets = {
  trump: { name: 'TrumpApproval', rows: 'trump_approval.csv', predictions: 'predictions_trump.csv' },
  friedman: {
    name: 'Friedman(seed=42).take(2000)',
    rows: 'friedman_seed42_2000.csv',
    predictions: 'predictions_friedman.csv'
  }
} as const
export type DataSet = keyof typeof dataSets

/** What `metrics.json` says of one recipe on one data set. */
export interface Reference {
  dataset: string
  recipe: string
  scored: number
  MAE: number
  RMSE: number
  R2: number
  MAPE: number
  SMAPE: number
  intercept?: number
  weights?: Record<string, number>
}

/** The rows of a fixture as objects of text. */
export function readTable(file: string): Record<string, string>[] {
  const [header, ...lines] = readFileSync(new URL(`fixtures/${file}`, import.meta.url), 'utf8')
    .trim()
    .split(/\r?\n/)
  const names = cells(header!)
  return lines.map(line => Object.fromEntries(cells(line).map((cell, index) => [names[index], cell])))
}

/** The rows of a data set, features in the order of the file's columns. */
export function readExamples(dataSet: DataSet): Example[] {
  return readTable(dataSets[dataSet].rows).map(({ five_thirty_eight: approval, y, ...features }) => ({
    x: Object.fromEntries(Object.entries(features).map(([name, cell]) => [name, Number(cell)])),
    y: Number(approval ?? y)
  }))
}

/** The reference predictions of one column, `undefined` where there was none. */
export function readPredictions(dataSet: DataSet, column: string): (number | undefined)[] {
  return readTable(dataSets[dataSet].predictions).map(row => {
    const cell = row[column]
    assert.ok(cell !== undefined, `no column ${column}`)
    return cell === '' ? undefined : Number(cell)
  })
}

/** The reference metrics of one recipe. */
export function readReference(dataSet: DataSet, recipe: string): Reference {
  const { results } = JSON.parse(readFileSync(new URL('fixtures/metrics.json', import.meta.url), 'utf8')) as {
    results: Reference[]
  }
  const found = results.find(result => result.dataset === dataSets[dataSet].name && result.recipe === recipe)
  assert.ok(found, `no recipe ${recipe}`)
  return found
}

/** Equal up to a relative difference, by default 1e-12. */
export function assertClose(actual: number, expected: number, what: string, tolerance = 1e-12): void {
  const isClose = actual === expected || Math.abs(actual - expected) <= tolerance * Math.abs(expected)
  assert.ok(isClose, `${what}: ${actual} instead of ${expected}`)
}

/**
 * Predict, score and learn each row of a data set, and compare every prediction with `column` and all five metrics with
 * `recipe`.
 */
export function assertParity(model: Regressor, dataSet: DataSet, column: string, recipe: string): void {
  const predictions = readPredictions(dataSet, column)
  const metrics = { MAE: new Mae(), RMSE: new Rmse(), R2: new R2(), MAPE: new Mape(), SMAPE: new Smape() }
  for (const [index, { x, y }] of readExamples(dataSet).entries()) {
    const expected = predictions[index]
    assert.equal(model.canPredict, expected !== undefined, `row ${index}`)
    if (expected !== undefined) {
      const prediction = model.predictOne(x)
      assertClose(prediction, expected, `${column}, row ${index}`)
      for (const metric of Object.values(metrics)) metric.update(y, prediction)
    }
    model.learnOne(x, y)
  }
  const reference = readReference(dataSet, recipe)
  assert.equal(metrics.MAE.count, reference.scored)
  for (const name of ['MAE', 'RMSE', 'R2', 'MAPE', 'SMAPE'] as const) {
    assertClose(metrics[name].value, reference[name], `${recipe}, ${name}`)
  }
}

function cells(line: string): string[] {
  return line.split(',').map(cell => cell.replaceAll('"', ''))
}
