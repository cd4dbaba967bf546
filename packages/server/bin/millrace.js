#!/usr/bin/env node
// Starts Millrace; on a Node.js older than it needs, through the newer one that npm installed for the project.
import { spawn } from 'node:child_process'
import module from 'node:module'
import { fileURLToPath } from 'node:url'

const oldestMajor = 24
const main = new URL('../src/main.ts', import.meta.url)

if (Number.parseInt(process.versions.node, 10) >= oldestMajor) {
  // Before main.ts, which does the same, so that main.ts itself is found there too: were it the only file that is not,
  // Node.js would load its compiler for it at each start, some 30 ms and 17 MB.
  module.enableCompileCache()
  await import(main.href)
} else runOnNewerNode(newerNode())

function newerNode() {
  try {
    return module.createRequire(import.meta.url).resolve('node/bin/node')
  } catch {
    process.stderr.write(`millrace: Node.js ${oldestMajor} or later is needed, this is ${process.version}\n`)
    process.exit(1)
  }
}

function runOnNewerNode(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', error => {
    process.stderr.write(`millrace: cannot run ${node}: ${error.message}\n`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}
