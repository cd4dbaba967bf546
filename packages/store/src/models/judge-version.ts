import { hash } from 'node:crypto'
import { MillraceError } from '@millrace/common'
import type { FileReader, FoundFile, FoundVersion } from './found-model.ts'
import type { ModelMetadata } from './model-metadata.ts'
import type { SourcedVersion, VersionFiles } from './model-source.ts'
import { noMetadata, parseMetadata } from './parse-metadata.ts'

/** The most bytes that a `metadata.json` or `config.json` may have. */
export const longestJson = 2 ** 20

/** A version, and what is needed to hand it out. */
export interface JudgedVersion {
  readonly sourced: SourcedVersion
  readonly kind: VersionFiles['kind']
  /** The model or the state, when there is one. */
  readonly main: FoundFile | undefined
  readonly files: readonly FoundFile[]
  readonly metadata: ModelMetadata
}

/** The files of a version by what they are for. */
export interface VersionParts {
  readonly main: FoundFile | undefined
  readonly kind: VersionFiles['kind']
  readonly metadata: FoundFile | undefined
}

type Verdict = Pick<SourcedVersion, 'state' | 'reason' | 'isSettling'>

/** `model.onnx` or `learner.state`, and `metadata.json`. */
export function partsOf({ files }: FoundVersion): VersionParts {
  const named = (name: string): FoundFile | undefined => files.find(file => file.name === name)
  const onnx = named('model.onnx')
  const main = onnx ?? named('learner.state')
  return { main, kind: onnx === undefined && main !== undefined ? 'learner' : 'onnx', metadata: named('metadata.json') }
}

/**
 * Whether a version is whole: its metadata hold to the schema, its checksum is right or, without one, nobody has
 * written to it for a while.
 */
export async function judgeVersion(
  found: FoundVersion,
  reader: FileReader,
  parts: VersionParts = partsOf(found)
): Promise<JudgedVersion> {
  const { metadata, fault } = await readMetadata(found.problem === undefined ? parts.metadata : undefined, reader)
  const verdict = await verdictOf(found, parts, { metadata, fault, reader })
  return {
    sourced: { version: found.version, ...verdict, stamp: stampOf(found.files), bytes: parts.main?.bytes },
    kind: parts.kind,
    main: parts.main,
    files: found.files,
    metadata
  }
}

async function verdictOf(
  found: FoundVersion,
  { main, metadata: file }: VersionParts,
  { metadata, fault, reader }: { metadata: ModelMetadata; fault: string | undefined; reader: FileReader }
): Promise<Verdict> {
  if (found.problem !== undefined) return { state: 'incomplete', reason: found.problem }
  if (fault !== undefined) return unless(file?.isSettled === true, fault)
  if (main === undefined) return lacking(found.files)
  if (main.bytes === 0) return { state: 'incomplete', reason: `${main.name} is empty` }
  const unsettled = found.files.find(one => !one.isSettled && one !== file && (one !== main || !metadata.sha256))
  if (unsettled !== undefined) return settling(`${unsettled.name} may still be written`)
  if (metadata.sha256 === undefined) return { state: 'whole' }
  return checkSum(main, metadata.sha256, reader)
}

async function checkSum(main: FoundFile, expected: string, reader: FileReader): Promise<Verdict> {
  try {
    const sha256 = await reader.sha256(main)
    if (sha256 === undefined || sha256 === expected) return { state: 'whole' }
    return unless(main.isSettled, `${main.name} has SHA-256 ${sha256}, the metadata say ${expected}`)
  } catch (error) {
    return unless(main.isSettled, faultOf(error))
  }
}

/** What is wrong with a file is only certain once nobody writes it any more. */
function unless(isSettled: boolean, reason: string): Verdict {
  return isSettled ? { state: 'invalid', reason } : settling(reason)
}

function settling(reason: string): Verdict {
  return { state: 'incomplete', reason, isSettling: true }
}

function lacking(files: readonly FoundFile[]): Verdict {
  const pickled = files.find(file => isPickled(file.name))
  if (pickled !== undefined) return { state: 'invalid', reason: pickledReason(pickled.name) }
  return { state: 'incomplete', reason: 'lacks model.onnx' }
}

/** Whether a file name is that of a model as joblib or pickle writes it. */
export function isPickled(name: string): boolean {
  return /\.(joblib|pkl|pickle)$/i.test(name)
}

/** Why such a file is not served. */
function pickledReason(name: string): string {
  return `${name} is not served: to load a joblib or pickle file runs whatever code is in it; convert the model to ONNX`
}

async function readMetadata(
  file: FoundFile | undefined,
  reader: FileReader
): Promise<{ metadata: ModelMetadata; fault: string | undefined }> {
  if (file === undefined) return { metadata: noMetadata, fault: undefined }
  try {
    if (file.bytes > longestJson) throw tooLong(file)
    return { metadata: parseMetadata(await reader.text(file), file.name), fault: undefined }
  } catch (error) {
    return { metadata: noMetadata, fault: faultOf(error) }
  }
}

/** The message of an error that says what is wrong with a file; any other is thrown again. */
export function faultOf(error: unknown): string {
  if (error instanceof MillraceError && error.code === 'MILL_MODEL_INVALID') return error.message
  throw error
}

/** @returns MILL_MODEL_INVALID for a JSON file of unreasonable length */
export function tooLong({ name, bytes }: FoundFile): MillraceError {
  return new MillraceError('MILL_MODEL_INVALID', `${name} must have at most ${longestJson} bytes, got ${bytes}`)
}

/** A short text that changes when any of the files does. */
export function stampOf(files: readonly FoundFile[]): string {
  return hash('sha1', files.map(({ name, bytes, stamp }) => `${name}\0${bytes}\0${stamp}\n`).join(''))
}
