#!/usr/bin/env node
// Starts Millrace; on a Node.js older than it needs, through the newer one that npm installed for the project.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const oldestMajor = 24
const main = new URL('../src/main.ts', import.meta.url)

if (Number.parseInt(process.versions.node, 10) >= oldestMajor) await import(main.href)
else runOnNewerNode(newerNode())

function newerNode() {
  try {
    return createRequire(import.meta.url).resolve('node/bin/node')
  } catch {
    process.stderr.write(`millrace: Node.js ${oldestMajor} or later is needed, this is ${process.version}\n`)
    process.exit(1)
  }
}

function runOnNewerNode(node) {
  const child = spawn(node, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: 'inherit' })
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
