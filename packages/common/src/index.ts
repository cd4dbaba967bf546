export {
  finite,
  integerWithin,
  largestMagnitude,
  learnable,
  nonNegative,
  oneOf,
  optionError,
  positive
} from './checks.ts'
export { type ErrorCode, errorCodes, MillraceError } from './errors.ts'
export { PythonRandom } from './python-random.ts'
