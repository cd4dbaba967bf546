/**
 * Serves the models of the ONNX project's backend tests, in the form of Debian's package libonnx-testdata, and holds the
 * answers of a real server, by JSON, by binary tensors and over gRPC, against those that come with the models.
 *
 *     npm run test:onnx
 *     npm run test:onnx -- --data /somewhere/else --fewest 0
 *
 * Fails when too few are right, when one that cannot be loaded does not say why, and when the server is unwell.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { type Program, startProgram } from '../e2e/program.ts'
import { type Case, findCases, makeRepository } from './cases.ts'
import { grpcClient } from './grpc-client.ts'
import { type Clients, judge, type Outcome } from './outcome.ts'
import { protocolClient } from './protocol-client.ts'
import { faultsOf, fewestRight, reportOf } from './report.ts'

const { values: flags } = parseArgs({
  options: {
    /** Folder to look for models in; that of the package unless given. */
    data: { type: 'string', default: process.env['ONNX_TEST_DATA'] },
    /** Models that must be right in every way. */
    fewest: { type: 'string', default: String(fewestRight) },
    /** How often all models are loaded and asked: memory that is not given back grows from pass to pass. */
    passes: { type: 'string', default: '1' }
  }
})

/** Models that are loaded and asked at the same time. */
const lanes = 4

const cleanUps: (() => Promise<void> | void)[] = []
try {
  await run()
} finally {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp()
}

async function run(): Promise<void> {
  const cases = findCases(flags.data)
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-onnx-'))
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }))
  makeRepository(path.join(folder, 'models'), cases)
  const start = performance.now()
  const { program, clients } = await startServer(folder)
  const tell = (done: number): void =>
    print(
      `${done} models: ${seconds(start)} s, RSS ${residentMb(program)} MB, at most ${residentMb(program, 'VmHWM')} MB`
    )
  tell(0)
  let outcomes: Outcome[] = []
  for (let pass = 0; pass < Number(flags.passes); pass += 1) {
    outcomes = await judgeAll(cases, { clients, program, tell: done => tell(pass * cases.length + done) })
  }
  print(reportOf(outcomes))
  const faults = faultsOf(outcomes, Number(flags.fewest))
  for (const fault of faults) print(`FAILED: ${fault}`)
  process.exitCode = faults.length === 0 ? 0 : 1
}

async function startServer(folder: string): Promise<{ program: Program; clients: Clients }> {
  const program = startProgram({ after: cleanUp => void cleanUps.push(cleanUp) }, ['serve', 'inference'], {
    MODEL_DIR: path.join(folder, 'models'),
    MILLRACE_DATA_DIR: path.join(folder, 'data'),
    MILLRACE_PORT_INFERENCE: '0',
    MILLRACE_PORT_GRPC: '0',
    HOST: '127.0.0.1'
  })
  const { url, grpc: grpcUrl } = await program.entry('service is ready')
  const grpc = grpcClient(new URL(String(grpcUrl)).host)
  cleanUps.push(() => grpc.close())
  return { program, clients: { http: protocolClient(String(url)), grpc } }
}

interface Judging {
  clients: Clients
  program: Program
  /** Called after each quarter. */
  tell(done: number): void
}

/** @throws {Error} when the server dies, or does not answer that it is alive */
async function judgeAll(cases: readonly Case[], { clients, program, tell }: Judging): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  const quarter = Math.ceil(cases.length / 4)
  const waiting = cases.values()
  const work = async (): Promise<void> => {
    for (const one of waiting) {
      outcomes.push(await judgeWell(one, clients, program))
      if (outcomes.length % quarter === 0 || outcomes.length === cases.length) tell(outcomes.length)
    }
  }
  await Promise.all(Array.from({ length: lanes }, work))
  return outcomes.toSorted((one, other) => (one.name < other.name ? -1 : 1))
}

async function judgeWell(one: Case, clients: Clients, program: Program): Promise<Outcome> {
  try {
    const outcome = await judge(clients, one)
    if (!(await clients.http.isHealthy())) throw new Error('the server says that it is unwell')
    return outcome
  } catch (error) {
    throw new Error(`the run ends at ${one.name}; the server says: ${program.errors().slice(-2000)}`, { cause: error })
  }
}

/** Memory of the server that is in RAM, now or at most, in megabytes. */
function residentMb({ child }: Program, field: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  return Math.round(Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1000)
}

function seconds(start: number): string {
  return ((performance.now() - start) / 1000).toFixed(1)
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
