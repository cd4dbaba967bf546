/**
 * Asks a real server with the clients that people already use, unchanged, as they are on PyPI: Triton's over HTTP and
 * gRPC, KServe's, and MLflow's.
 *
 *     npm run test:clients
 *     npm run test:clients -- test_triton_grpc.TritonGrpc.test_stream
 *
 * Where their packages cannot be had, it says so and passes; under CI=true it fails.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startProgram } from '../e2e/program.ts'
import { NoPython, pythonWith } from './python.ts'

const here = import.meta.dirname
/** A process each: Triton's and KServe's clients hold different messages of the same names. */
const suites = ['test_triton_http', 'test_triton_grpc', 'test_kserve', 'test_mlflow']

const cleanUps: (() => Promise<void> | void)[] = []
try {
  process.exitCode = await run(pythonWith(path.join(here, 'requirements.txt')))
} catch (error) {
  if (!(error instanceof NoPython)) throw error
  process.stdout.write(`the clients are not tested: ${error.message}\n`)
  process.exitCode = process.env['CI'] === 'true' ? 1 : 0
} finally {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp()
}

async function run(python: string): Promise<number> {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-clients-'))
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }))
  const models = path.join(folder, 'models')
  const made = await runPython(python, ['make_models.py', models])
  if (made !== 0) return made
  const server = startProgram({ after: cleanUp => void cleanUps.push(cleanUp) }, ['serve', 'inference'], {
    MODEL_DIR: models,
    // Clients of MLflow name no model.
    MILLRACE_DATA_MODEL: 'weighted',
    MILLRACE_DATA_DIR: path.join(folder, 'data'),
    MILLRACE_PORT_INFERENCE: '0',
    MILLRACE_PORT_GRPC: '0',
    HOST: '127.0.0.1'
  })
  const { url, grpc } = await server.entry('service is ready')
  const settings = { MILLRACE_HTTP: String(url), MILLRACE_GRPC: new URL(String(grpc)).host }
  const names = process.argv.slice(2)
  let worst = 0
  for (const test of names.length === 0 ? suites : names) {
    process.stdout.write(`${test}\n`)
    worst = Math.max(worst, await runPython(python, ['-m', 'unittest', test], settings))
  }
  if (server.child.exitCode === null) return worst
  process.stdout.write(`the server ended: ${server.errors()}\n`)
  return 1
}

async function runPython(
  python: string,
  args: readonly string[],
  settings: Record<string, string> = {}
): Promise<number> {
  const env = {
    ...process.env,
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONWARNINGS: 'ignore',
    MLFLOW_DISABLE_TELEMETRY: 'true',
    ...settings
  }
  const child = spawn(python, args, { cwd: here, env, stdio: 'inherit' })
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? 1
}
