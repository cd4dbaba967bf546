import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'

/**
 * Sizes of the space for new objects, in bytes: with many objects kept while it is held, and while it may grow. Each is
 * read after a collection, for one that is under way has pages of its own.
 */
function sizes(): number[] {
  const program = `
    import { getHeapSpaceStatistics } from 'node:v8'
    import { holdNursery, letNurseryGrow } from ${JSON.stringify(new URL('../src/nursery.ts', import.meta.url).href)}
    const kept = []
    const size = () => {
      gc({ type: 'minor' })
      return getHeapSpaceStatistics().find(space => space.space_name === 'new_space').space_size
    }
    const fill = () => { for (let index = 0; index < 300_000; index++) kept.push({ index }) }
    holdNursery()
    fill()
    const held = size()
    letNurseryGrow()
    fill()
    console.log(JSON.stringify([held, size()]))`
  return JSON.parse(
    execFileSync(process.execPath, ['--expose-gc', '--input-type=module', '--eval', program]).toString()
  ) as number[]
}

test('the space for new objects stays small while it is held, and grows afterwards', () => {
  const [held, free] = sizes()
  assert.ok(held! <= 2 * 1024 ** 2, `${held} bytes`)
  assert.ok(free! >= 8 * 1024 ** 2, `${free} bytes`)
})
