import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'

const source = (path: string): string => JSON.stringify(new URL(`../src/${path}`, import.meta.url).href)

/** What a program prints that may call what `starting.ts` exports. */
function printed(program: string, ...options: readonly string[]): unknown {
  const imports = `import { startIsOver, startSparingly } from ${source('starting.ts')}\n`
  const args = [...options, '--input-type=module', '--eval', imports + program]
  return JSON.parse(execFileSync(process.execPath, args).toString())
}

// Each size is read after a collection, for one that is under way has pages of its own.
const fillsNewSpace = `
  import { getHeapSpaceStatistics } from 'node:v8'
  const kept = []
  const size = () => {
    gc({ type: 'minor' })
    return getHeapSpaceStatistics().find(space => space.space_name === 'new_space').space_size
  }
  const fill = () => { for (let index = 0; index < 300_000; index++) kept.push({ index }) }
  startSparingly()
  fill()
  const held = size()
  startIsOver()
  fill()
  console.log(JSON.stringify([held, size()]))`

test('the space for new objects stays small while a server starts, and grows afterwards', () => {
  const [held, free] = printed(fillsNewSpace, '--expose-gc') as [number, number]
  assert.ok(held <= 4 * 1024 ** 2, `${held} bytes`)
  assert.ok(free >= 8 * 1024 ** 2, `${free} bytes`)
})

// 16 is V8's bit of functions that its optimising compilers have compiled; what is inlined elsewhere never gets it.
const heats = `
  const hot = value => value * 2 + 1
  const isOptimised = () => {
    let sum = 0
    for (let index = 0; index < 1_000_000; index++) sum += hot(index)
    return sum > 0 && (%GetOptimizationStatus(hot) & 16) !== 0
  }
  %NeverOptimizeFunction(isOptimised)
  startSparingly()
  const untilOptimised = async () => {
    while (!isOptimised()) await new Promise(resolve => setImmediate(resolve))
  }`

test('hot code is optimised once the start is over, not before', () => {
  const program = `${heats}
    const before = isOptimised()
    startIsOver()
    await untilOptimised()
    console.log(JSON.stringify(before))`
  assert.equal(printed(program, '--allow-natives-syntax'), false)
})

test('hot code is optimised too when a start takes more than twenty times the CPU time of its beginning', () => {
  const program = `
    const cpuMs = () => (process.cpuUsage().user + process.cpuUsage().system) / 1000
    const began = cpuMs()
    ${heats}
    await untilOptimised()
    console.log(JSON.stringify([began, cpuMs()]))`
  const [began, optimised] = printed(program, '--allow-natives-syntax') as [number, number]
  assert.ok(optimised > 20 * began, `${optimised} ms after ${began} ms`)
})

const loadsServices = `
  startSparingly()
  const before = new Set(process.moduleLoadList)
  await import(${source('cli/serve.ts')})
  const added = process.moduleLoadList.filter(name => /^NativeModule (?!internal)/.test(name) && !before.has(name))
  console.log(JSON.stringify(added))`

test('what services load of Node.js is loaded while its compiled form counts', () => {
  assert.deepEqual(printed(loadsServices), [])
})
