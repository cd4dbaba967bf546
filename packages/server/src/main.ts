import { enableCompileCache } from 'node:module'
import { dirname } from 'node:path'

// Keeps the compiled form of all modules that follow, which shortens every start but the first; hence the late imports.
const { directory } = enableCompileCache()
// Worker threads look for it here.
if (directory !== undefined) process.env['NODE_COMPILE_CACHE'] ??= dirname(directory)
const { runCommandLine } = await import('./cli/command-line.ts')
const { commands } = await import('./cli/commands.ts')

// A write that fails is told to whoever writes; without these it would end the program with a stack trace besides.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

process.exitCode = await runCommandLine(process.argv.slice(2), process.env, { commands, output: process })
