import type { LoadOverride } from '@millrace/engine'
import { invalid } from '../json-fields.ts'
import { modelFile, readTritonConfig } from './triton-config.ts'

/** A parameter of a load, whatever protocol it came by: text, bytes, or something else. */
export type LoadParameters = Readonly<Record<string, unknown>>

const filePrefix = 'file:'

/**
 * What the parameters of a load say: `config`, a configuration of Triton as JSON, and with it perhaps all files of the
 * model as `file:<version>/<name>`. A file that the configuration calls `default_model_filename` is the model.
 * @param bytesOf gives the bytes of a file; undefined for what cannot be one
 * @returns undefined when there are no parameters
 * @throws {MillraceError} MILL_INPUT_INVALID naming the parameter, or the key of the configuration
 */
export function readLoadParameters(
  model: string,
  parameters: LoadParameters,
  bytesOf: (value: unknown) => Uint8Array | undefined
): LoadOverride | undefined {
  const names = Object.keys(parameters)
  const unknown = names.find(name => name !== 'config' && !name.startsWith(filePrefix))
  if (unknown !== undefined) throw invalid(`unrecognized load parameter '${unknown}'`)
  const { config: text } = parameters
  if (text === undefined) {
    if (names.length === 0) return undefined
    throw invalid(`the load parameter '${names[0]}' needs 'config' beside it`)
  }
  if (typeof text !== 'string') throw invalid("the load parameter 'config' must be a text")
  const { config, check, fileName } = readTritonConfig(text, model)
  const paths = names.filter(name => name.startsWith(filePrefix))
  if (paths.length === 0 && fileName !== modelFile) {
    throw invalid(`'default_model_filename' must be ${modelFile} without files, got ${JSON.stringify(fileName)}`)
  }
  if (paths.length === 0) return { config, check }
  const files = paths.map(name => [pathOf(name, fileName), fileOf(name, parameters[name], bytesOf)] as const)
  return { config, check, files: new Map(files) }
}

/** The bytes of a file that was sent as base64. */
export function base64Bytes(value: unknown): Uint8Array | undefined {
  if (typeof value !== 'string') return undefined
  const isBase64 = value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value)
  return isBase64 ? Buffer.from(value, 'base64') : undefined
}

function pathOf(name: string, fileName: string): string {
  const path = name.slice(filePrefix.length)
  return path.endsWith(`/${fileName}`) ? path.slice(0, -fileName.length) + modelFile : path
}

function fileOf(name: string, value: unknown, bytesOf: (value: unknown) => Uint8Array | undefined): Uint8Array {
  const bytes = bytesOf(value)
  if (bytes === undefined) throw invalid(`the load parameter '${name}' must be the bytes of a file`)
  return bytes
}
