import { AmfRegressor, KnnRegressor, LinearRegression, Pipeline, StandardScaler } from '@millrace/online'

/** The learners Millrace runs by name; existing users know these names. */
export const learnerNames = ['linear_regression', 'ridge_regression', 'knn_regressor', 'amf_regressor'] as const
/** One of {@link learnerNames}. */
export type LearnerName = (typeof learnerNames)[number]

/** Settings that every named learner takes, whether it needs them or not. */
export interface LearnerSettings {
  /** Seed of the learners that draw random numbers; an integer >= 0. The same seed and stream give the same bits. */
  seed: number
}

/** How a learner is made, and how that is told to people. */
interface Recipe {
  create(settings: LearnerSettings): Pipeline
  /** The steps, from the features to the prediction. */
  steps: readonly string[]
  /** What is set apart from the defaults, as text. */
  settings(settings: LearnerSettings): Record<string, string>
}

const recipes: Record<LearnerName, Recipe> = {
  linear_regression: {
    create: () => new Pipeline(new StandardScaler(), new LinearRegression()),
    steps: ['StandardScaler', 'LinearRegression'],
    settings: () => ({ learning_rate: '0.01', intercept_learning_rate: '0.01' })
  },
  ridge_regression: {
    create: () => new Pipeline(new StandardScaler(), new LinearRegression({ l2: 1 })),
    steps: ['StandardScaler', 'LinearRegression'],
    settings: () => ({ learning_rate: '0.01', intercept_learning_rate: '0.01', l2: '1' })
  },
  knn_regressor: {
    create: () => new Pipeline(new StandardScaler(), new KnnRegressor({ neighbors: 5, window: 1000 })),
    steps: ['StandardScaler', 'KnnRegressor'],
    settings: () => ({ neighbors: '5', window: '1000', search: 'exact' })
  },
  amf_regressor: {
    create: ({ seed }) => new Pipeline(new StandardScaler(), new AmfRegressor({ trees: 10, seed })),
    steps: ['StandardScaler', 'AmfRegressor'],
    settings: ({ seed }) => ({ trees: '10', seed: String(seed) })
  }
}

/** A fresh learner: a standard scaler piped into the named regressor. */
export function createLearner(name: LearnerName, settings: LearnerSettings): Pipeline {
  return recipes[name].create(settings)
}

/** What a learner is, for people to read. */
export interface LearnerDescription {
  /** The outermost class. */
  type: string
  /** The steps and their settings in one line. */
  text: string
  /** Setting names to their values as text. */
  attributes: Record<string, string>
}

/** Tells what {@link createLearner} makes of the same arguments. */
export function describeLearner(name: LearnerName, settings: LearnerSettings): LearnerDescription {
  const recipe = recipes[name]
  const attributes = recipe.settings(settings)
  const list = Object.entries(attributes).map(([setting, value]) => `${setting}=${value}`)
  return { type: 'Pipeline', text: `${recipe.steps.join(' | ')}(${list.join(', ')})`, attributes }
}
