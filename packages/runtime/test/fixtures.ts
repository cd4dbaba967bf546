import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { NamedTensor } from '../src/index.ts'

/** Path of a model that make_fixtures.py made. */
export const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}.onnx`, import.meta.url))

/** What ONNX Runtime in Python answered, by model; see make_fixtures.py. */
export const expected = JSON.parse(readFileSync(new URL('fixtures/expected.json', import.meta.url), 'utf8')) as Record<
  string,
  { inputs: Record<string, number[][]>; outputs: Record<string, unknown> }
>

/** Rows of equal length as a tensor. */
export const rowsOf = (name: string, rows: readonly (readonly number[])[]): NamedTensor => ({
  name,
  datatype: 'FP32',
  shape: [rows.length, rows[0]!.length],
  data: Float32Array.from(rows.flat())
})
