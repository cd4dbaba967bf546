import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** A file with this text, in a folder of its own that is removed when the test ends. */
export function csvFile(context: TestContext, text: string | Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-csv-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'data.csv')
  writeFileSync(file, text)
  return file
}
