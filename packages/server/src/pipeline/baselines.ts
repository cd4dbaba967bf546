import { LastValue, Mae, Mape, type Regressor, Rmse, SeasonalNaive } from '@millrace/online'

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
  /** Predict the value, then look at it; outcomes in the order of the names. */
  step(target: number): BaselineOutcome[]
}

/** The last value, and the value `season` steps ago. */
export function createBaselines({ season }: { season: number }): Baselines {
  const rules = new Map<string, Regressor>([
    ['last_value', new LastValue()],
    ['seasonal_naive', new SeasonalNaive({ season })]
  ])
  const followed = [...rules].map(([label, rule]) => follow(label, rule))
  return { names: [...rules.keys()], step: target => followed.map(step => step(target)) }
}

function follow(label: string, rule: Regressor): (target: number) => BaselineOutcome {
  const scores = { mae: new Mae(), rmse: new Rmse(), mape: new Mape({ skipZeros: true }) }
  return target => {
    const prediction = rule.canPredict ? rule.predictOne({}) : undefined
    if (prediction !== undefined) for (const score of Object.values(scores)) score.update(target, prediction)
    rule.learnOne({}, target)
    const { mae, rmse, mape } = scores
    const { count } = mae
    const metrics = count === 0 ? undefined : { count, mae: mae.value, rmse: rmse.value, mape: mape.value }
    return { label, prediction, metrics }
  }
}
