import { MillraceError } from '@millrace/common'

/** A version that a source does not have. */
export function versionNotFound(model: string, version: string): MillraceError {
  const message = `model ${JSON.stringify(model)} has no version ${JSON.stringify(version)} here`
  return new MillraceError('MILL_VERSION_NOT_FOUND', message, { details: { model, version } })
}

/** A version that is there but cannot be handed out. */
export function notWhole(
  { model, version }: { model: string; version: string },
  reason = 'it is not whole'
): MillraceError {
  const details = { model, version, reason }
  return new MillraceError('MILL_MODEL_INVALID', `${model}/${version}: ${reason}`, { details })
}

/** The code of an error of the file system. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** Why a folder cannot be read, in words. */
export function folderProblem(folder: string, error: unknown): string {
  const code = codeOf(error)
  if (code === 'ENOENT') return `folder of models ${folder} does not exist`
  if (code === 'ENOTDIR') return `${folder} is not a folder of models`
  return `folder of models ${folder} cannot be read: ${error instanceof Error ? error.message : String(error)}`
}
