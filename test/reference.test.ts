import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { configPage } from '../scripts/reference/config-page.ts'
import { errorsPage } from '../scripts/reference/errors-page.ts'

const folder = join(import.meta.dirname, '../docs/reference')

for (const [file, page] of [
  ['config.md', configPage()],
  ['errors.md', errorsPage()]
] as const) {
  test(`docs/reference/${file} is what node scripts/make-reference.ts writes`, async () => {
    assert.equal(await readFile(join(folder, file), 'utf8'), page)
  })
}
