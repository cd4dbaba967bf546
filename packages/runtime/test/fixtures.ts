import { readFileSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  createRuntime,
  type LoadOptions,
  type NamedTensor,
  type RunResult,
  type RuntimeModel,
  type RuntimeOptions
} from '../src/index.ts'

/** Path of a model that make_fixtures.py made. */
export const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}.onnx`, import.meta.url))

/** What ONNX Runtime in Python answered, by model; see make_fixtures.py. */
export const expected = JSON.parse(readFileSync(new URL('fixtures/expected.json', import.meta.url), 'utf8')) as Record<
  string,
  { inputs: Record<string, number[][]>; outputs: Record<string, unknown> }
>

/** Load a fixture in a runtime that ends with the test. */
export function load(
  t: TestContext,
  name: string,
  options: Partial<LoadOptions> = {},
  runtimeOptions: RuntimeOptions = {}
): Promise<RuntimeModel> {
  const runtime = createRuntime(runtimeOptions)
  t.after(() => runtime.close())
  return runtime.load({ label: `${name} version 1`, path: fixture(name), isServing: false, ...options })
}

/** Rows of equal length as a tensor. */
export const floats = (name: string, rows: readonly (readonly number[])[]): NamedTensor => ({
  name,
  datatype: 'FP32',
  shape: [rows.length, rows[0]!.length],
  data: Float32Array.from(rows.flat())
})

/** A column of integers, for the model `lookup`. */
export const places = (...values: number[]): NamedTensor => ({
  name: 'i',
  datatype: 'INT64',
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt)
})

/** The elements of the first output. */
export const numbers = ({ outputs }: RunResult): number[] => Array.from(outputs[0]!.data as Float32Array)
