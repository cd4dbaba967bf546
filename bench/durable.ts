/**
 * What durability costs over HTTP: predict, then learn, with an id for each observation, on one server process, for
 * every durability in the same run; beside a server around River that keeps nothing.
 *
 *     npm run bench:durable                               about six minutes
 *     PYTHON=.venv/bin/python npm run bench:durable       beside River, where that has river, fastapi and uvicorn
 *     npm run bench:durable -- --rounds 1 --seconds 1     quick
 *
 * Servers and client are processes of their own. Rounds of all servers alternate, so that what else the machine does
 * falls on all of them alike.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism, cpus } from 'node:os'
import { parseArgs } from 'node:util'
import type { Round, RoundReport } from './durable/client.ts'
import type { RequestKind } from './durable/request.ts'
import { startMillrace, startRiver } from './durable/servers.ts'
import type { Server } from './servers.ts'
import { shown, table } from './table.ts'
import { median } from './averages.ts'

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '64' },
    batch: { type: 'string', default: '100' },
    learners: { type: 'string', default: 'linear_regression,ridge_regression,knn_regressor,amf_regressor' }
  }
})
const rounds = Number(flags.rounds)
const durationMs = 1000 * Number(flags.seconds)
const warmUpMs = Math.max(1000, durationMs / 2)
const connections = Number(flags.connections)
const batchConnections = 8
const batch = Number(flags.batch)

/** One line of the table. */
interface Contender {
  name: string
  server: Server
  hasIds: boolean
  rounds: Measured[]
}

interface Measured {
  /** Observations a second. */
  rate: number
  /** CPU microseconds of the server for an observation. */
  cpu: number
  p50: number
  p99: number
}

const client = fork(new URL('durable/client.ts', import.meta.url))
await once(client, 'message')
let nextId = 1

console.log(`${cpus()[0]!.model.trim()}, ${availableParallelism()} cores | Node.js ${process.versions.node}\n`)
for (const learner of flags.learners.split(',')) await measureLearner(learner)
client.disconnect()

async function measureLearner(learner: string): Promise<void> {
  const durabilities = ['none', 'os', 'fsync']
  const contenders: Contender[] = []
  try {
    for (const durability of durabilities) {
      const server = await startMillrace(learner, durability)
      contenders.push({ name: durability, server, hasIds: true, rounds: [] })
    }
    const singles = { connections, observations: 1 }
    const river = await startRiver(learner)
    if (river !== undefined) {
      contenders.push({ name: String(river.health['version']), server: river, hasIds: false, rounds: [] })
    }
    await report(`${learner}: single observations, ${connections} connections`, contenders, singles)
    const batches = { connections: batchConnections, observations: batch }
    const ours = contenders.filter(({ hasIds }) => hasIds)
    await report(`${learner}: batches of ${batch}, ${batchConnections} connections`, ours, batches)
  } finally {
    for (const { server } of contenders) await server.stop()
  }
}

type Load = Pick<Round, 'connections' | 'observations'>

async function report(title: string, contenders: readonly Contender[], load: Load): Promise<void> {
  for (const contender of contenders) {
    contender.rounds = []
    await measure(contender, load, warmUpMs)
  }
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) contender.rounds.push(await measure(contender, load, durationMs))
  }
  const none = contenders[0]!
  const rows = contenders.map(({ name, rounds: measured }) => [
    name,
    shown(median(measured.map(({ rate }) => rate))),
    shown(Math.max(...measured.map(({ rate }) => rate))),
    shown(median(measured.map(({ rate }, index) => rate / none.rounds[index]!.rate)), 2),
    shown(median(measured.map(({ cpu }) => cpu)), 1),
    shown(median(measured.map(({ cpu }, index) => cpu / none.rounds[index]!.cpu)), 2),
    shown(median(measured.map(({ p50 }) => p50)), 1),
    shown(median(measured.map(({ p99 }) => p99)), 1)
  ])
  const head = ['', 'observations/s', 'best', 'to none', 'CPU µs each', 'to none', 'p50 ms', 'p99 ms']
  console.log(`${title}\n\n${table([head, ...rows])}\n`)
}

async function measure({ server, hasIds }: Contender, load: Load, ms: number): Promise<Measured> {
  const kind: RequestKind = { observations: load.observations, hasIds }
  const round: Round = { ...kind, port: server.port, connections: load.connections, durationMs: ms, firstId: nextId }
  const before = server.cpu()
  client.send(round)
  const [done] = (await once(client, 'message')) as [RoundReport]
  const cpu = server.cpu() - before
  nextId = done.nextId
  const observations = done.requests * load.observations
  return { rate: (1000 * observations) / done.elapsedMs, cpu: cpu / observations, p50: done.p50, p99: done.p99 }
}
