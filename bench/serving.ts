/**
 * Serving an ONNX model over HTTP, side by side in one run: Millrace with everything on that users have on, FastAPI and
 * onnxruntime serving the same file, once at its barest and once with the same duties, and a bare node:http server that
 * only sends bodies back. And whether a model that takes 100 ms holds up those that do not.
 *
 *     npm run bench:serving                               about three minutes
 *     PYTHON=.venv/bin/python npm run bench:serving       beside FastAPI, where that has its packages (see bench/README.md)
 *     npm run bench:serving -- --loop asyncio --http h11  uvicorn as it is without uvloop and httptools
 *     npm run bench:serving -- --metrics instrumentator   its requests counted by prometheus-fastapi-instrumentator
 *     npm run bench:serving -- --rounds 1 --seconds 1     quick
 *     npm run bench:serving -- --only rate                rate | heavy | start
 *
 * Servers and client are processes of their own. Rounds of all servers alternate, so that what else the machine does
 * falls on all of them alike.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { freePort, type Server, startServer, startService } from './servers.ts'
import type { Round } from './serving/client.ts'
import { type Client, startClient } from './start-client.ts'
import { shown, table } from './table.ts'
import { median } from './averages.ts'

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '64' },
    model: { type: 'string', default: 'tabular_classifier' },
    version: { type: 'string', default: 'v3.0' },
    only: { type: 'string', default: 'rate,heavy,start' },
    loop: { type: 'string', default: 'auto' },
    http: { type: 'string', default: 'auto' },
    metrics: { type: 'string', default: 'middleware' }
  }
})
const rounds = Number(flags.rounds)
const durationMs = 1000 * Number(flags.seconds)
const connections = Number(flags.connections)
const width = 10

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url))
const modelFile = here(`../models/${flags.model}/${flags.version}/model.onnx`)

console.log(`${cpus()[0]!.model.trim()}, ${availableParallelism()} cores | Node.js ${process.versions.node}\n`)
const sections: Record<string, () => Promise<void>> = { rate: measureRates, heavy: measureHeavy, start: measureStart }
for (const name of flags.only.split(',')) await sections[name]!()

/** One line of the table of rates. */
interface Contender {
  name: string
  server: Server
  ask: Round['ask']
  isNew: boolean
  /** Heads a column of how many times the requests of this one the others answer in the same CPU time. */
  times?: string
  measured: { rate: number; cpu: number; p50: number; p99: number }[]
}

function line(name: string, server: Server, ask: Round['ask'], rest: Partial<Contender> = {}): Contender {
  return { name, server, ask, isNew: true, measured: [], ...rest }
}

async function measureRates(): Promise<void> {
  const repository = onlyModel()
  const client = await startClient()
  const servers: Server[] = []
  try {
    const millrace = await startService('inference', { MODEL_DIR: repository, LOG_LEVEL: 'info' })
    servers.push(millrace)
    await readyToAnswer(millrace, flags.model)
    const echo = await startEcho()
    servers.push(echo)
    const bare = await startFastApi('none')
    if (bare !== undefined) servers.push(bare)
    const full = bare && (await startFastApi(flags.metrics))
    if (full !== undefined) servers.push(full)
    const ours = { model: flags.model, input: 'float_input', width }
    const theirs = { model: 'model', input: 'float_input', width }
    const contenders = [
      line('bare node:http echo', echo, ours, { times: 'to echo' }),
      line('Millrace, V2', millrace, ours),
      line('Millrace, V2, repeated', millrace, ours, { isNew: false }),
      line('Millrace, /predict', millrace, { width })
    ]
    if (bare !== undefined) contenders.push(line(nameOf(bare), bare, theirs, { times: 'times bare' }))
    if (full !== undefined) {
      contenders.push(line(nameOf(full), full, theirs, { times: 'times dutiful' }))
      contenders.push(line(`${nameOf(full)}, repeated`, full, theirs, { isNew: false }))
    }
    await compare(client, contenders)
  } finally {
    client.end()
    for (const server of servers) await server.stop()
    rmSync(repository, { recursive: true })
  }
}

async function compare(client: Client, contenders: readonly Contender[]): Promise<void> {
  const measure = async ({ server, ask, isNew }: Contender, ms: number) => {
    const before = server.cpu()
    const { requests, elapsedMs, p50, p99 } = await client.ask({
      port: server.port,
      connections,
      durationMs: ms,
      ask,
      isNew
    })
    return { rate: (1000 * requests) / elapsedMs, cpu: (server.cpu() - before) / requests, p50, p99 }
  }
  for (const contender of contenders) await measure(contender, Math.max(1500, durationMs))
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) contender.measured.push(await measure(contender, durationMs))
  }
  const echo = contenders[0]!
  const measures = contenders.filter(({ times }) => times !== undefined)
  const rows = contenders.map(({ name, measured }) => [
    name,
    shown(median(measured.map(({ rate }) => rate))),
    shown(median(measured.map(({ rate }, index) => rate / echo.measured[index]!.rate)), 2),
    shown(median(measured.map(({ cpu }) => cpu)), 1),
    shown(median(measured.map(({ cpu }) => 1e6 / cpu))),
    ...measures.map(other => shown(median(measured.map(({ cpu }, round) => other.measured[round]!.cpu / cpu)), 2)),
    shown(median(measured.map(({ p50 }) => p50)), 1),
    shown(median(measured.map(({ p99 }) => p99)), 1)
  ])
  const ratios = measures.map(({ times }) => times!)
  const head = ['', 'requests/s', 'to echo', 'CPU µs each', 'per core and s', ...ratios, 'p50 ms', 'p99 ms']
  console.log(`${flags.model} ${flags.version}, one row, ${connections} connections\n\n${table([head, ...rows])}\n`)
}

/** A light model and `/v2/health/live`, asked gently: alone, and beside a model that takes 100 ms and never rests. */
async function measureHeavy(): Promise<void> {
  const repository = onlyModel()
  mkdirSync(path.join(repository, 'heavy/1'), { recursive: true })
  cpSync(here('serving/heavy.onnx'), path.join(repository, 'heavy/1/model.onnx'))
  const server = await startService('inference', { MODEL_DIR: repository })
  await Promise.all([readyToAnswer(server, flags.model), readyToAnswer(server, 'heavy')])
  const [loader, light, live] = await Promise.all([startClient(), startClient(), startClient()])
  try {
    const gently = { port: server.port, connections: 4, durationMs: durationMs * 2, pauseMs: 5, isNew: true }
    const askBoth = () =>
      Promise.all([
        light.ask({ ...gently, ask: { model: flags.model, input: 'float_input', width } }),
        live.ask({ ...gently, ask: { get: '/v2/health/live' } })
      ])
    await askBoth()
    const heavyLoad = { port: server.port, connections: 8, isNew: true, ask: { model: 'heavy', input: 'x', width } }
    const rows: string[][] = []
    for (let round = 0; round < rounds; round++) {
      const [lightAlone, liveAlone] = await askBoth()
      const heavy = loader.ask({ ...heavyLoad, durationMs: durationMs * 3 })
      await pause(durationMs / 2)
      const [lightBeside, liveBeside] = await askBoth()
      const { p50 } = await heavy
      const cells = [
        lightAlone.p99,
        lightBeside.p99,
        lightBeside.p99 / lightAlone.p99,
        liveAlone.p99,
        liveBeside.p99,
        p50
      ]
      rows.push([String(round + 1), ...cells.map(cell => shown(cell, 2))])
    }
    const head = ['round', 'light p99 ms', 'beside heavy', 'ratio', 'live p99 ms', 'beside heavy', 'heavy p50 ms']
    console.log(`a model of 100 ms under full load\n\n${table([head, ...rows])}\n`)
  } finally {
    for (const client of [loader, light, live]) client.end()
    await server.stop()
    rmSync(repository, { recursive: true })
  }
}

/** Start and memory with all sample models. */
async function measureStart(): Promise<void> {
  const rows: string[][] = []
  for (let round = 0; round < rounds; round++) {
    const server = await startService('inference', {})
    await pause(3000)
    rows.push([
      String(round + 1),
      shown(server.readyMs),
      shown(server.rss() / 2 ** 20),
      String(server.health['models_loaded'])
    ])
    await server.stop()
  }
  console.log(`start\n\n${table([['round', 'ready ms', 'idle RSS MiB', 'models'], ...rows])}\n`)
}

/** A repository with the model that is measured and nothing else. */
function onlyModel(): string {
  const repository = mkdtempSync(path.join(tmpdir(), 'millrace-bench-models-'))
  const folder = path.join(repository, flags.model, flags.version)
  mkdirSync(folder, { recursive: true })
  cpSync(path.dirname(modelFile), folder, { recursive: true })
  return repository
}

/** Files that were just written are not trusted at once. */
async function readyToAnswer({ port }: Server, model: string): Promise<void> {
  while (!(await fetch(`http://127.0.0.1:${port}/v2/models/${model}/ready`)).ok) await pause(20)
}

async function startEcho(): Promise<Server> {
  const port = await freePort()
  return await startServer(process.execPath, [here('peers/echo-server.ts'), String(port)], { port })
}

/** FastAPI and onnxruntime; undefined where `PYTHON` lacks what it takes. */
async function startFastApi(duties: string): Promise<Server | undefined> {
  const python = process.env['PYTHON'] ?? 'python3'
  const needed = `fastapi, onnxruntime, uvicorn${duties === 'none' ? '' : ', cachetools, prometheus_client'}`
  if (spawnSync(python, ['-c', `import ${needed}`]).status !== 0) return undefined
  const port = await freePort()
  const { loop, http } = flags
  const given = ['--duties', duties, '--loop', loop, '--http', http]
  return await startServer(python, [here('peers/onnx_server.py'), modelFile, String(port), ...given], { port })
}

function nameOf({ health }: Server): string {
  return String(health['version'])
}
