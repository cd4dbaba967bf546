import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MillraceError } from '@millrace/common'
import { folderSource } from './folder-source.ts'
import { isListedName } from './found-model.ts'
import type { ModelSource } from './model-source.ts'

/** Files of a model that somebody handed over. */
export interface GivenFiles {
  /** Where they are kept, in a folder of their own. */
  readonly folder: string
  readonly model: string
  /** Bytes by `<version>/<name>`. */
  readonly files: ReadonlyMap<string, Uint8Array>
}

/**
 * A source of one model, with the versions that were handed over and no others. They are read as those of a folder are,
 * and count at once: nobody is still writing them. `close` removes them from the disk.
 * @throws {MillraceError} MILL_INPUT_INVALID for a path of any other form, MILL_STORE_FAILED, with nothing left behind
 */
export async function givenSource({ folder, model, files }: GivenFiles): Promise<ModelSource> {
  for (const path of files.keys()) checkPath(path)
  const own = join(folder, crypto.randomUUID())
  const remove = (): Promise<void> => rm(own, { recursive: true, force: true })
  try {
    for (const [path, bytes] of files) await write(join(own, model), path, bytes)
  } catch (cause) {
    await remove().catch(() => undefined)
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new MillraceError('MILL_STORE_FAILED', `the files of ${model} cannot be kept in ${folder}: ${reason}`, {
      cause
    })
  }
  const source = folderSource({ folder: own, stableMs: 0 })
  return {
    location: own,
    list: options => source.list(options),
    fetch: (name, version) => source.fetch(name, version),
    watch: changed => source.watch(changed),
    problem: () => source.problem(),
    async close() {
      await source.close()
      await remove()
    }
  }
}

function checkPath(path: string): void {
  const steps = path.split('/')
  if (steps.length === 2 && steps.every(isListedName)) return
  throw new MillraceError(
    'MILL_INPUT_INVALID',
    `a file of a model must be called <version>/<name>, without a dot or underscore at the beginning, got ${path}`
  )
}

async function write(folder: string, path: string, bytes: Uint8Array): Promise<void> {
  const [version, name] = path.split('/') as [string, string]
  await mkdir(join(folder, version), { recursive: true })
  await writeFile(join(folder, version, name), bytes, { flag: 'wx' })
}
