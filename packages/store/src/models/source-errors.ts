import { MillraceError } from '@millrace/common'

/** What is needed of a logger. */
export interface SourceLogger {
  info(fields: Record<string, unknown>, message: string): void
  warn(fields: Record<string, unknown>, message: string): void
}

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

/** Why a source cannot be read at present; each change of it is a line in the log. */
export class SourceProblem {
  readonly #location: string
  readonly #log: SourceLogger | undefined
  #text: string | undefined

  constructor(location: string, log: SourceLogger | undefined) {
    this.#location = location
    this.#log = log
  }

  get text(): string | undefined {
    return this.#text
  }

  set text(text: string | undefined) {
    if (text === this.#text) return
    this.#text = text
    if (text === undefined) this.#log?.info({ location: this.#location }, 'models can be read again')
    else this.#log?.warn({ location: this.#location, problem: text }, 'models cannot be read')
  }
}
