import { enableCompileCache } from 'node:module'

// Keeps the compiled form of all modules that follow, which halves the time of a start; hence the late imports.
enableCompileCache()
const { runCommandLine } = await import('./cli/command-line.ts')
const { commands } = await import('./cli/commands.ts')

process.exitCode = await runCommandLine(process.argv.slice(2), process.env, {
  commands,
  output: { out: text => process.stdout.write(text), err: text => process.stderr.write(text) }
})
