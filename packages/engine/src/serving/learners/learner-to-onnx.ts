import { MillraceError } from '@millrace/common'
import { decodeState, type StateReader } from '@millrace/online'
import { type LinearFunction, linearOnnx } from './linear-onnx.ts'

/**
 * An ONNX file that predicts what a linear learner does, in doubles: input `features` [n, k] with the features in the
 * order of first sight, output `prediction` [n]. A feature that an observation may lack is given as its mean. The file's
 * metadata hold `feature_names` as a list in JSON, their means as `feature_means`, `model_name` and `model_version`.
 * @param state of the learner, as `freeze` gives it or a frozen version's `learner.state` has it
 * @throws {MillraceError} MILL_UNSUPPORTED for a learner that is not linear, MILL_STATE_INVALID
 */
export function learnerToOnnx(state: Uint8Array, { model, version }: { model: string; version: string }): Uint8Array {
  const pipeline = decodeState(state)
  const [scaler, regressor] = linearSteps(pipeline, model)
  const names = pipeline.strings('names')
  return linearOnnx(linearFunction(scaler, regressor), {
    feature_names: JSON.stringify(names),
    feature_means: JSON.stringify([...scaler.finites('means', names.length)]),
    model_name: model,
    model_version: version
  })
}

/** @throws {MillraceError} MILL_UNSUPPORTED unless it is a standard scaler before a linear regression */
function linearSteps(pipeline: StateReader, model: string): [StateReader, StateReader] {
  if (pipeline.string('kind') === 'Pipeline') {
    const steps = [...pipeline.list('transformers'), pipeline.bytes('regressor')].filter(isBytes).map(decodeState)
    const kinds = steps.map(step => step.string('kind')).join(' | ')
    if (kinds === 'StandardScaler | LinearRegression') return steps as [StateReader, StateReader]
  }
  throw new MillraceError('MILL_UNSUPPORTED', `${model} cannot be written as ONNX: only linear learners can`, {
    details: { model }
  })
}

/** A feature without variance counts for nothing, as the scaler makes it 0. */
function linearFunction(scaler: StateReader, regressor: StateReader): LinearFunction {
  const hasScale = scaler.boolean('withStd')
  const variances = scaler.finites('variances')
  const means = scaler.finites('means', variances.length)
  const weights = regressor.finites('weights', variances.length)
  const deviations = variances.map(variance => (hasScale ? Math.sqrt(variance) : 1))
  return {
    means,
    deviations: deviations.map(deviation => (deviation === 0 ? 1 : deviation)),
    weights: weights.map((weight, index) => (deviations[index] === 0 ? 0 : weight)),
    intercept: regressor.finite('intercept')
  }
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array
}
