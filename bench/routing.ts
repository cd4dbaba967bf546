/**
 * What experiments cost: the same model on the same server, asked by the Open Inference Protocol without anything running
 * on it, and with an experiment, a canary or a shadow that decides about every request and counts it.
 *
 *     npm run bench:routing                             about five minutes
 *     npm run bench:routing -- --rounds 10              quick
 *     npm run bench:routing -- --only hashed,canary     some of them
 *     npm run bench:routing -- --repeated               rows of which the answers are cached
 *
 * Server and client are processes of their own. All contenders are models of one server, copies of one file under names of
 * their own, so that they share its heap and its compiled code; a second server has nothing running at all. In every round
 * each of them is asked for a fraction of a second, in random order, so that what else the machine does falls on all alike;
 * what is told is the mean over rounds without the fifth that is highest and the fifth that is lowest, with twice its
 * standard error. Every request names a unit, which none but experiments look at. An experiment keeps two versions at work
 * where without it there is one, so that batches are half as large, whoever decides: so there is a line for two models of
 * which clients ask one by chance, by paths as long. It is what all others are compared with, for which it is asked twice
 * more.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { mean, median, standardError, trimmedMean } from './averages.ts'
import { type Server, startService } from './servers.ts'
import { type Client, startClient } from './start-client.ts'
import { shown, table } from './table.ts'

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '150' },
    seconds: { type: 'string', default: '0.15' },
    connections: { type: 'string', default: '64' },
    only: { type: 'string' },
    repeated: { type: 'boolean', default: false }
  }
})
const rounds = Number(flags.rounds)
const durationMs = 1000 * Number(flags.seconds)
const connections = Number(flags.connections)
const sample = fileURLToPath(new URL('../models/tabular_classifier/v3.0', import.meta.url))
const width = 10

/** A model, and what runs on it. */
interface Setup {
  name: string
  model: string
  /** On a server of its own, where nothing runs. */
  isApart?: boolean
  units: number | 'new'
  /** Asked by chance in place of the one. */
  models?: readonly string[]
  /** Paths to post to, and what. */
  begin?: readonly (readonly [path: string, body: object])[]
}

const arms = [{ version: '1' }, { version: '2' }]

function experiment(id: string, more: object): NonNullable<Setup['begin']> {
  return [
    ['/experiments', { id, model: id, arms, ...more }],
    [`/experiments/${id}/start`, {}]
  ]
}

const slowly = [{ share: 0.5, min_requests: 1_000_000_000, min_seconds: 86_400 }]

const setups: readonly Setup[] = [
  { name: 'server with nothing running', model: 'alone', isApart: true, units: 'new' },
  { name: 'nothing on the model', model: 'plain', units: 'new' },
  { name: 'nothing, two models by chance', model: 'two', units: 'new', models: ['two', 'too'] },
  { name: 'hash-based, new units', model: 'hashed', units: 'new', begin: experiment('hashed', {}) },
  { name: 'hash-based, 10,000 units', model: 'returning', units: 10_000, begin: experiment('returning', {}) },
  { name: 'random', model: 'random', units: 'new', begin: experiment('random', { strategy: 'random' }) },
  {
    name: 'Thompson sampling, new units',
    model: 'thompson',
    units: 'new',
    begin: experiment('thompson', { strategy: 'weighted', weights: 'thompson' })
  },
  {
    name: 'canary at 50 %, new units',
    model: 'canary',
    units: 'new',
    begin: [
      ['/canaries', { id: 'canary', model: 'canary', candidate: '2', steps: slowly, max_requests: 1_000_000_000 }]
    ]
  },
  {
    name: 'shadow of 10 %',
    model: 'shadow',
    units: 'new',
    begin: [['/shadows', { id: 'shadow', model: 'shadow', candidate: '2', share: 0.1 }]]
  }
]

interface Figures {
  rate: number
  cpu: number
  p50: number
  p99: number
}

/** One line of the table. */
interface Contender extends Setup {
  server: Server
  /** By round, with what it is compared with. */
  measured: { own: Figures; base: Base }[]
}

type Base = Pick<Figures, 'rate' | 'cpu'>

console.log(`${cpus()[0]!.model.trim()}, ${availableParallelism()} cores | Node.js ${process.versions.node}\n`)
await measure()

async function measure(): Promise<void> {
  const wanted = setups.filter(({ model }) => model === 'two' || (flags.only?.split(',').includes(model) ?? true))
  const repository = modelsOf(wanted)
  const client = await startClient()
  const servers: Server[] = []
  try {
    for (let count = 0; count < 2; count++) servers.push(await startService('inference', { MODEL_DIR: repository }))
    const [apart, together] = servers as [Server, Server]
    const contenders = wanted.map(setup => ({
      ...setup,
      server: setup.isApart === true ? apart : together,
      measured: []
    }))
    for (const contender of contenders) await begin(contender)
    await compare(client, contenders)
  } finally {
    client.end()
    for (const server of servers) await server.stop()
    rmSync(repository, { recursive: true })
  }
}

/** A repository with the model of each line, in two versions that are the same. */
function modelsOf(wanted: readonly Setup[]): string {
  const repository = mkdtempSync(path.join(tmpdir(), 'millrace-bench-models-'))
  for (const model of wanted.flatMap(({ model: name, models = [name] }) => models)) {
    for (const version of ['1', '2']) {
      const folder = path.join(repository, model, version)
      mkdirSync(folder, { recursive: true })
      cpSync(sample, folder, { recursive: true })
    }
  }
  return repository
}

async function begin({ server: { port }, model: name, models = [name], begin: steps = [] }: Contender): Promise<void> {
  const address = `http://127.0.0.1:${port}`
  for (const model of models) {
    for (const version of ['1', '2']) {
      // Files that were just written are not trusted at once.
      while (!(await fetch(`${address}/v2/models/${model}/versions/${version}/ready`)).ok) await pause(20)
    }
    // Nothing is the same where nothing runs, and what answers there must not be another version.
    await send(`${address}/v2/models/${model}/aliases/default`, { version: '1' }, 'PUT')
  }
  for (const [where, body] of steps) await send(address + where, body)
}

async function send(url: string, body: object, method = 'POST'): Promise<void> {
  const reply = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body)
  })
  if (!reply.ok) throw new Error(`${method} ${url} was answered ${reply.status}: ${await reply.text()}`)
}

async function compare(client: Client, contenders: readonly Contender[]): Promise<void> {
  const ask = async ({ server, model, units, models }: Contender, ms: number): Promise<Figures> => {
    const before = server.cpu()
    const question = { model, input: 'float_input', width, units, ...(models && { models }) }
    const load = { port: server.port, connections, durationMs: ms, ask: question, isNew: !flags.repeated }
    const { requests, elapsedMs, p50, p99 } = await client.ask(load)
    return { rate: (1000 * requests) / elapsedMs, cpu: (server.cpu() - before) / requests, p50, p99 }
  }
  const base = contenders.find(({ model }) => model === 'two')!
  for (const contender of contenders) await ask(contender, 1500)
  for (let round = 0; round < rounds; round++) {
    const figures = new Map<Contender, Figures[]>(contenders.map(contender => [contender, []]))
    for (const contender of shuffled([...contenders, base, base])) {
      figures.get(contender)!.push(await ask(contender, durationMs))
    }
    const [own, ...more] = figures.get(base)!
    figures.set(base, [own!])
    const both = { rate: mean(more.map(({ rate }) => rate)), cpu: mean(more.map(({ cpu }) => cpu)) }
    for (const [{ measured }, [first]] of figures) measured.push({ own: first!, base: both })
  }
  report(contenders)
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  const keyed = items.map(item => ({ item, key: Math.random() }))
  return keyed.toSorted((one, other) => one.key - other.key).map(({ item }) => item)
}

function report(contenders: readonly Contender[]): void {
  const rows = contenders.map(({ name, measured }) => {
    const each = (read: (own: Figures, base: Base) => number): number[] =>
      measured.map(({ own, base }) => read(own, base))
    const rates = each(({ rate }, { rate: other }) => rate / other)
    const times = each(({ cpu }, { cpu: other }) => cpu - other)
    return [
      name,
      shown(median(each(({ rate }) => rate))),
      shown(trimmedMean(rates), 3),
      shown(2 * standardError(rates), 3),
      shown(median(each(({ cpu }) => cpu)), 2),
      shown(trimmedMean(times), 2),
      shown(2 * standardError(times), 2),
      shown(median(each(({ p50 }) => p50)), 2),
      shown(median(each(({ p99 }) => p99)), 2)
    ]
  })
  const head = ['', 'requests/s', 'to two', '±', 'CPU µs each', 'more', '±', 'p50 ms', 'p99 ms']
  const kind = flags.repeated ? 'answers from the cache' : 'new rows'
  console.log(`tabular_classifier v3.0, one row, ${kind}, ${connections} connections, ${rounds} rounds\n`)
  console.log(`${table([head, ...rows])}\n`)
}
