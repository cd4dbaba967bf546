import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('measured-memory.ts', import.meta.url))
const output = execFileSync(process.execPath, ['--expose-gc', script], { encoding: 'utf8', env: {} })
const results = JSON.parse(output) as Record<string, { says: number; takes: number }>

for (const [kind, { says, takes }] of Object.entries(results)) {
  test(`says what it takes in memory, within 5 %: ${kind}`, () => {
    assert.ok(Math.abs(says - takes) <= 0.05 * takes, `says ${Math.round(says)} bytes and takes ${Math.round(takes)}`)
  })
}
