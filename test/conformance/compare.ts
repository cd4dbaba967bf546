import type { Elements, Tensor } from './tensor.ts'

/** As close as the ONNX project's own runner of these tests wants floating point numbers. */
const tolerance = { relative: 1e-3, absolute: 1e-7 }

const inexact = new Set(['FP16', 'FP32', 'FP64'])

/** How outputs differ from what is expected, in words; undefined when they do not. */
export function difference(expected: readonly Tensor[], actual: readonly Tensor[]): string | undefined {
  if (actual.length !== expected.length) return `${actual.length} outputs in place of ${expected.length}`
  for (const [index, tensor] of expected.entries()) {
    const problem = tensorDifference(tensor, actual[index]!)
    if (problem !== undefined) return `output '${tensor.name}': ${problem}`
  }
  return undefined
}

function tensorDifference(expected: Tensor, actual: Tensor): string | undefined {
  if (actual.name !== expected.name) return `its name is '${actual.name}'`
  if (actual.datatype !== expected.datatype) return `its type is ${actual.datatype} in place of ${expected.datatype}`
  const shape = actual.shape.join()
  if (shape !== expected.shape.join()) return `its shape is [${shape}] in place of [${expected.shape.join()}]`
  if (actual.elements.length !== expected.elements.length) return `it has ${actual.elements.length} elements`
  const same = inexact.has(expected.datatype) ? isClose : Object.is
  const at = expected.elements.findIndex((element, index) => !same(element, actual.elements[index]!))
  return at < 0 ? undefined : `${actual.elements[at]} in place of ${expected.elements[at]} at element ${at}`
}

/** As numpy's assert_allclose: NaN equals NaN, and infinities equal themselves only. */
function isClose(expected: Elements[number], actual: Elements[number]): boolean {
  if (typeof expected !== 'number' || typeof actual !== 'number') return false
  if (Number.isNaN(expected) || Number.isNaN(actual)) return Number.isNaN(expected) && Number.isNaN(actual)
  if (!Number.isFinite(expected) || !Number.isFinite(actual)) return expected === actual
  return Math.abs(actual - expected) <= tolerance.absolute + tolerance.relative * Math.abs(expected)
}
