import { baselineNames, createContender, ProgressiveValidation } from '@millrace/engine'

/** How a baseline fared on the newest value and on all before. */
export interface BaselineOutcome {
  label: string
  /** Undefined while the baseline has not seen enough to predict. */
  prediction: number | undefined
  /** Over the `count` values it could predict; MAPE in percent. Undefined before the first of them. */
  metrics: { count: number; mae: number; rmse: number; mape: number } | undefined
}

/** The rules without learning that any model should beat, run along with the models. */
export interface Baselines {
  readonly names: readonly string[]
  /** Look at values that came before, oldest first, without being scored on them. To be called before any step. */
  recall(values: readonly number[]): void
  /** Predict the value, then look at it; outcomes in the order of the names. */
  step(target: number): BaselineOutcome[]
}

/** The last value, and the value `season` steps ago. */
export function createBaselines({ season }: { season: number }): Baselines {
  // A rule draws no random numbers: any seed will do.
  const contenders = baselineNames.map(name => createContender(name, { season, seed: 0 }))
  const validation = new ProgressiveValidation(contenders)
  return {
    names: baselineNames,
    recall(values) {
      for (const { regressor } of contenders) for (const value of values) regressor.learnOne({}, value)
    },
    step(target) {
      const predictions = validation.step({}, target)
      return validation.standings().map(({ name, scored, mae = 0, rmse = 0, mape = 0 }, index) => ({
        label: name,
        prediction: predictions[index],
        metrics: scored === 0 ? undefined : { count: scored, mae, rmse, mape }
      }))
    }
  }
}
