/**
 * Writes the pages of docs/reference that are made from the code: `node scripts/make-reference.ts`.
 * A test compares the files with what this would write.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { configPage } from './reference/config-page.ts'
import { errorsPage } from './reference/errors-page.ts'

const folder = join(import.meta.dirname, '../docs/reference')
await writeFile(join(folder, 'config.md'), configPage())
await writeFile(join(folder, 'errors.md'), errorsPage())
