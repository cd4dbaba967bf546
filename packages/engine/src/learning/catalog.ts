import {
  AmfRegressor,
  type AmfRegressorOptions,
  type KnnAggregation,
  KnnRegressor,
  LinearRegression,
  Pipeline,
  StandardScaler
} from '@millrace/online'
import type { ParameterValue, SettingsCommand } from './learn-command.ts'
import { type Parameters, parameterValues } from './parameters.ts'

/** The learners Millrace runs by name; existing users know these names. */
export const learnerNames = ['linear_regression', 'ridge_regression', 'knn_regressor', 'amf_regressor'] as const
/** One of {@link learnerNames}. */
export type LearnerName = (typeof learnerNames)[number]

/** Settings that every named learner takes, whether it needs them or not. */
export interface LearnerSettings {
  /** Seed of the learners that draw random numbers; an integer >= 0. The same seed and stream give the same bits. */
  seed: number
  /** What is to be set apart from the defaults, by any name a parameter goes by; a text is read as what it must be. */
  parameters?: Readonly<Record<string, ParameterValue>> | undefined
}

/** Values of all parameters of a recipe. */
type Values = Record<string, ParameterValue>

/** How a learner is made, and how that is told to people. */
interface Recipe {
  parameters: Parameters
  create(values: Values): Pipeline
  /** The steps, from the features to the prediction. */
  steps: readonly string[]
  /** The parameters that are told even where they are at their defaults. */
  shown: readonly string[]
  /** What is told besides. */
  facts?: Record<string, string>
  /** The weights of a learner whose weights can run away; none for one that predicts from targets it has seen. */
  weights?: (learner: Pipeline) => Iterable<number>
}

const recipes: Record<LearnerName, Recipe> = {
  linear_regression: linear(0),
  ridge_regression: linear(1),
  knn_regressor: {
    parameters: {
      neighbors: { aliases: ['n_neighbors'], default: 5 },
      window: { aliases: ['window_size'], default: 1000 },
      aggregation: { aliases: ['aggregation_method'], default: 'mean' },
      min_distance_keep: { aliases: ['minDistanceKeep'], default: 0 }
    },
    create: values =>
      piped(
        new KnnRegressor({
          neighbors: values['neighbors'] as number,
          window: values['window'] as number,
          aggregation: values['aggregation'] as KnnAggregation,
          minDistanceKeep: values['min_distance_keep'] as number
        })
      ),
    steps: ['StandardScaler', 'KnnRegressor'],
    shown: ['neighbors', 'window'],
    facts: { search: 'exact' }
  },
  amf_regressor: {
    parameters: {
      trees: { aliases: ['n_estimators'], default: 10 },
      step: { aliases: [], default: 1 },
      use_aggregation: { aliases: ['useAggregation'], default: true },
      max_nodes: { aliases: ['maxNodes'], default: 2 ** 30 },
      rules: { aliases: [], default: '0.25' },
      seed: { aliases: [], default: 42 }
    },
    create: values =>
      piped(
        new AmfRegressor({
          trees: values['trees'] as number,
          step: values['step'] as number,
          useAggregation: values['use_aggregation'] as boolean,
          maxNodes: values['max_nodes'] as number,
          rules: values['rules'] as NonNullable<AmfRegressorOptions['rules']>,
          seed: values['seed'] as number
        })
      ),
    steps: ['StandardScaler', 'AmfRegressor'],
    shown: ['trees', 'seed']
  }
}

function linear(l2: number): Recipe {
  return {
    parameters: {
      learning_rate: { aliases: ['lr', 'learningRate'], default: 0.01 },
      intercept_learning_rate: { aliases: ['intercept_lr', 'interceptLearningRate'], default: 0.01 },
      intercept_init: { aliases: ['interceptInit'], default: 0 },
      l1: { aliases: [], default: 0 },
      l2: { aliases: [], default: l2 },
      clip_gradient: { aliases: ['clipGradient'], default: 1e12 }
    },
    create: values =>
      piped(
        new LinearRegression({
          learningRate: values['learning_rate'] as number,
          interceptLearningRate: values['intercept_learning_rate'] as number,
          interceptInit: values['intercept_init'] as number,
          l1: values['l1'] as number,
          l2: values['l2'] as number,
          clipGradient: values['clip_gradient'] as number
        })
      ),
    steps: ['StandardScaler', 'LinearRegression'],
    shown: ['learning_rate', 'intercept_learning_rate', ...(l2 === 0 ? [] : ['l2'])],
    weights: ({ regressor }) => (regressor as LinearRegression).weights.values()
  }
}

function piped(regressor: LinearRegression | KnnRegressor | AmfRegressor): Pipeline {
  return new Pipeline(new StandardScaler(), regressor)
}

/** Is this the name of a learner? */
export function isLearnerName(name: string): name is LearnerName {
  return (learnerNames as readonly string[]).includes(name)
}

/**
 * All parameters of a learner with their values, in a fixed order; the seed only where it matters.
 * @throws {MillraceError} MILL_OPTION_INVALID for parameters that do not exist or a learner cannot be made with; the
 *   message tells what there is
 */
export function learnerParameters(name: LearnerName, { seed, parameters = {} }: LearnerSettings): Values {
  const recipe = recipes[name]
  const { seed: ownSeed, ...others } = recipe.parameters
  const known = ownSeed === undefined ? others : { ...others, seed: { ...ownSeed, default: seed } }
  const values = parameterValues(name, known, parameters)
  recipe.create(values)
  return values
}

/** A fresh learner: a standard scaler piped into the named regressor. @throws {MillraceError} MILL_OPTION_INVALID */
export function createLearner(name: LearnerName, settings: LearnerSettings): Pipeline {
  return recipes[name].create(learnerParameters(name, settings))
}

/** Do two descriptions, of which the older may lack parameters, make the same learner? @throws {MillraceError} MILL_OPTION_INVALID */
export function isSameRecipe(one: RecipeSettings, other: RecipeSettings): boolean {
  return one.learner === other.learner && recipeText(one) === recipeText(other)
}

/** What of a learner's settings says how it is made. */
type RecipeSettings = Pick<SettingsCommand, 'learner' | 'parameters'>

function recipeText({ learner, parameters }: RecipeSettings): string {
  return JSON.stringify(learnerParameters(learner as LearnerName, { seed: 0, parameters }))
}

/** The weights of a learner by that name, if it has any that could run away. */
export function learnerWeights(name: LearnerName): ((learner: Pipeline) => Iterable<number>) | undefined {
  return recipes[name].weights
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

/** Tells what {@link createLearner} makes of the same arguments. @throws {MillraceError} MILL_OPTION_INVALID */
export function describeLearner(name: LearnerName, settings: LearnerSettings): LearnerDescription {
  const recipe = recipes[name]
  const values = Object.entries(learnerParameters(name, settings))
  const told = values.filter(([parameter, value]) => {
    return recipe.shown.includes(parameter) || value !== recipe.parameters[parameter]?.default
  })
  const attributes = { ...Object.fromEntries(told.map(([key, value]) => [key, String(value)])), ...recipe.facts }
  const list = Object.entries(attributes).map(([setting, value]) => `${setting}=${value}`)
  return { type: 'Pipeline', text: `${recipe.steps.join(' | ')}(${list.join(', ')})`, attributes }
}
