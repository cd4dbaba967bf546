import {
  AmfRegressor,
  KnnRegressor,
  LastValue,
  LinearRegression,
  Pipeline,
  SeasonalNaive,
  StandardScaler
} from '../src/index.ts'
import { learnerContract } from './learner-contract.ts'

const scaled = (regressor: LinearRegression | KnnRegressor | AmfRegressor) =>
  new Pipeline(new StandardScaler(), regressor)

learnerContract('LinearRegression', () => new LinearRegression({ learningRate: 1e-6 }))
learnerContract('LinearRegression with l1', () => new LinearRegression({ learningRate: 1e-6, l1: 0.1 }))
learnerContract('LinearRegression with l2', () => new LinearRegression({ learningRate: 1e-6, l2: 0.1 }))
learnerContract('StandardScaler | LinearRegression', () => scaled(new LinearRegression()))
learnerContract('StandardScaler | LinearRegression with l1', () => scaled(new LinearRegression({ l1: 0.1 })))
learnerContract('StandardScaler | LinearRegression with l2', () => scaled(new LinearRegression({ l2: 1 })))
// A short window, so that streams wrap around.
learnerContract('KnnRegressor, mean', () => new KnnRegressor({ neighbors: 3, window: 7 }))
learnerContract('KnnRegressor, median', () => new KnnRegressor({ neighbors: 4, window: 7, aggregation: 'median' }))
learnerContract('KnnRegressor, weighted mean', () => {
  return new KnnRegressor({ neighbors: 3, window: 40, aggregation: 'weighted_mean' })
})
learnerContract('KnnRegressor with a minimum distance', () => new KnnRegressor({ window: 7, minDistanceKeep: 1.5 }))
learnerContract('StandardScaler | KnnRegressor', () => scaled(new KnnRegressor({ neighbors: 2, window: 11 })))
learnerContract('AmfRegressor', () => new AmfRegressor({ trees: 3 }))
learnerContract('AmfRegressor, rules of River 0.21', () => new AmfRegressor({ trees: 3, rules: '0.21' }))
learnerContract('AmfRegressor with few nodes', () => new AmfRegressor({ trees: 2, maxNodes: 5 }))
learnerContract('StandardScaler | AmfRegressor', () => scaled(new AmfRegressor({ trees: 2 })))
learnerContract('LastValue', () => new LastValue())
learnerContract('SeasonalNaive', () => new SeasonalNaive({ season: 3 }))
