import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { fixture } from './fixtures.ts'

for (const placement of ['inline', 'thread']) {
  test(`nothing is kept of a device for the maker of the native library: ${placement}`, t => {
    const home = mkdtempSync(path.join(tmpdir(), 'millrace-home-'))
    t.after(() => rmSync(home, { recursive: true }))
    const program = `
      import { createRuntime } from ${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)}
      const runtime = createRuntime()
      await runtime.load({ label: 'mlp', path: ${JSON.stringify(fixture('mlp'))}, placement: '${placement}' })
      await runtime.close()`
    // Without CI in the environment, where the library tells nothing by itself.
    const env = { PATH: process.env['PATH'], HOME: home }
    execFileSync(process.execPath, ['--input-type=module', '--eval', program], { env })
    assert.deepEqual(readdirSync(home), [])
  })
}
