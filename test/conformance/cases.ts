import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { modelValues, type ModelValue, readTensor } from './onnx-files.ts'
import type { Tensor } from './tensor.ts'

/** A model of the test data. */
export interface Case {
  /** Its folder and that above, which tells models of the same name apart. */
  name: string
  folder: string
}

/** What a model is to be asked and to answer. */
export interface Example {
  inputs: readonly Tensor[]
  outputs: readonly Tensor[]
}

/** All models in the folders below `data`, or in the Debian package `libonnx-testdata`. */
export function findCases(data: string | undefined): Case[] {
  const files = data === undefined ? filesOfPackage() : filesBelow(data)
  return files
    .filter(file => path.basename(file) === 'model.onnx')
    .map(file => path.dirname(file))
    .map(folder => ({ name: `${path.basename(path.dirname(folder))}.${path.basename(folder)}`, folder }))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
}

function filesOfPackage(): string[] {
  return execFileSync('dpkg', ['-L', 'libonnx-testdata'], { encoding: 'utf8' }).split('\n')
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true }).map(entry =>
    path.join(entry.parentPath, entry.name)
  )
}

/** A folder of models as the server takes them, whose files are those of the test data. */
export function makeRepository(folder: string, cases: readonly Case[]): void {
  for (const { name, folder: source } of cases) {
    mkdirSync(path.join(folder, name, '1'), { recursive: true })
    symlinkSync(path.join(source, 'model.onnx'), path.join(folder, name, '1/model.onnx'))
  }
}

/** The inputs and outputs of a case; undefined where one is no tensor but a sequence or an optional value. */
export function readExample({ folder }: Case): Example | undefined {
  const { inputs, outputs } = modelValues(readFileSync(path.join(folder, 'model.onnx')))
  if (![...inputs, ...outputs].every(({ isTensor }) => isTensor)) return undefined
  return { inputs: readTensors(folder, 'input', inputs), outputs: readTensors(folder, 'output', outputs) }
}

/** Files belong to inputs and outputs by their position; the last inputs may be left out. */
function readTensors(folder: string, kind: string, values: readonly ModelValue[]): Tensor[] {
  return values.flatMap(({ name }, index) => {
    const file = path.join(folder, 'test_data_set_0', `${kind}_${index}.pb`)
    return existsSync(file) ? [readTensor(readFileSync(file), name)] : []
  })
}
