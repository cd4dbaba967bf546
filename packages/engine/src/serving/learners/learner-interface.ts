import type { TensorSpec } from '@millrace/runtime'
import { matrixName } from './feature-rows.ts'
import { predictionName } from './learner-runner.ts'

/** A learner takes any number of rows; the largest number that protocols can tell. */
export const mostRows = 2 ** 31 - 1

/** What every learner takes and gives, as tensors. */
export const learnerInputs: readonly TensorSpec[] = [{ name: matrixName, datatype: 'FP64', shape: [-1, -1] }]
export const learnerOutputs: readonly TensorSpec[] = [{ name: predictionName, datatype: 'FP64', shape: [-1] }]

/** The part of a learner's metadata that is the same for all. */
export const learnerShape = {
  outputs: { prediction: predictionName },
  inputs: [
    {
      form: 'rows',
      description:
        'one input named features of shape [n, k]; the parameter feature_names of the request names its columns, ' +
        'in_1 to in_k unless given'
    },
    {
      form: 'columns',
      description: 'an input of shape [n] or [n, 1] for each feature, named as the feature, of any numeric type'
    }
  ]
}
