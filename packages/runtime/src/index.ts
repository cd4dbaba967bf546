export { arrayTypes } from './array-types.ts'
export { createRuntime, type RuntimeOptions } from './create-runtime.ts'
export type {
  LoadOptions,
  RunRequest,
  RunResult,
  RunTiming,
  Runtime,
  RuntimeCounts,
  RuntimeFacts,
  RuntimeModel
} from './runtime-model.ts'
export {
  type Datatype,
  datatypes,
  elementBytes,
  elementCount,
  type NamedTensor,
  type Tensor,
  type TensorArrays,
  type TensorData,
  type TensorSpec
} from './tensor.ts'
export { usableCores } from './usable-cores.ts'
