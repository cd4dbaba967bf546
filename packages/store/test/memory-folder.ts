import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { temporaryFolder } from './temporary-folder.ts'

const memory = '/dev/shm'

/** A temporary folder in memory where there is one, so that the fsyncs of many short runs take no time. */
export function memoryFolder(context: TestContext): string {
  try {
    accessSync(memory, constants.W_OK)
  } catch {
    return temporaryFolder(context)
  }
  const folder = mkdtempSync(join(memory, 'millrace-store-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
