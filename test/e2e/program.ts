import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const launcher = fileURLToPath(new URL('../../packages/server/bin/millrace.js', import.meta.url))

/** How long anything may take that is waited for, in milliseconds. */
const patienceMs = 30_000

/** Settings that let every service of `up` listen on a port that is free. */
export const freePorts = Object.fromEntries(
  ['INFERENCE', 'GRPC', 'FEATURES', 'INGESTION', 'COINBASE', 'LINEAR', 'RIDGE', 'KNN', 'AMF'].map(name => [
    `MILLRACE_PORT_${name}`,
    '0'
  ])
)

/** Whose end is waited for: a test, or whoever else cleans up behind it. */
export interface Ending {
  after(cleanUp: () => Promise<void> | void): void
}

/** How a program ended. */
export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

/** The real program, running as a child of the test. */
export interface Program {
  readonly child: ChildProcess
  /** Lines of standard output so far. */
  readonly lines: readonly string[]
  /** Everything on standard error so far. */
  readonly errors: () => string
  /** Resolves at the end. */
  readonly exit: Promise<Exit>
  /** The first line of standard output, from the beginning, that fits. */
  line(fits: (line: string) => boolean): Promise<string>
  /** The first log entry with this message. */
  entry(message: string): Promise<Record<string, unknown>>
}

/** Arguments of Node.js that start the program. */
export const straight: readonly string[] = [launcher]

/** The launcher, under a Node.js that says it is an old one. */
export const launchedByOldNode: readonly string[] = [
  '--import',
  `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.0.0'}})`,
  launcher
]

/**
 * Start `millrace` with these arguments and settings, and nothing else in its environment. Ended after the test.
 * @param how `start` are arguments of Node.js that come before `args`; `stdout` is a file to write to, and no lines then
 */
export function startProgram(
  t: Ending,
  args: readonly string[],
  env: Record<string, string> = {},
  { start = straight, stdout }: { start?: readonly string[]; stdout?: string } = {}
): Program {
  const file = stdout === undefined ? undefined : openSync(stdout, 'w')
  const child = spawn(process.execPath, [...start, ...args], {
    env: { PATH: process.env['PATH'] ?? '', TZ: 'UTC', ...env },
    stdio: ['ignore', file ?? 'pipe', 'pipe']
  })
  if (file !== undefined) closeSync(file)
  const exit = new Promise<Exit>(resolve => child.once('close', (code, signal) => resolve({ code, signal })))
  t.after(async () => {
    child.kill('SIGKILL')
    await exit
  })
  let errors = ''
  child.stderr!.setEncoding('utf8').on('data', text => (errors += text))
  const lines: string[] = []
  const waiting = new Set<() => void>()
  if (child.stdout !== null) {
    createInterface(child.stdout).on('line', line => {
      lines.push(line)
      for (const look of waiting) look()
    })
  }
  const line = (fits: (line: string) => boolean): Promise<string> => {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const give = (): void => reject(new Error(`no such line; output: ${lines.join('\n')}; errors: ${errors}`))
    const timer = setTimeout(give, patienceMs)
    const look = (): void => {
      const found = lines.find(fits)
      if (found !== undefined) resolve(found)
    }
    waiting.add(look)
    void exit.then(give)
    look()
    return promise.finally(() => {
      clearTimeout(timer)
      waiting.delete(look)
    })
  }
  return {
    child,
    lines,
    errors: () => errors,
    exit,
    line,
    entry: async message => entryOf(await line(text => text.includes(`"msg":"${message}"`)))
  }
}

/** A log line as an object. */
export function entryOf(line: string): Record<string, unknown> {
  return JSON.parse(line) as Record<string, unknown>
}

/** `millrace up` on free ports, with where its services answer. */
export async function startUp(t: Ending, env: Record<string, string>) {
  const program = startProgram(t, ['up'], { ...freePorts, PIPELINE_INTERVAL: '0', ...env })
  const { addresses } = await program.entry('millrace is ready')
  return { ...program, addresses: addresses as Addresses }
}

/** Where the services of `millrace up` answer. */
export type Addresses = Record<
  | 'inference'
  | 'inference-grpc'
  | 'features'
  | 'ingestion'
  | 'coinbase'
  | 'linear_regression'
  | 'ridge_regression'
  | 'knn_regressor'
  | 'amf_regressor',
  string
>

/** A folder for one test, gone afterwards. */
export function temporaryFolder(t: Ending): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-e2e-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** What a service answered. */
export interface Answer {
  status: number
  type: string | null
  /** The body as JSON where it is JSON, else as text. */
  body: unknown
}

/** GET, as `curl` does. */
export async function get(url: string): Promise<Answer> {
  return answerOf(await fetch(url))
}

/** POST with a JSON body, or none. */
export async function post(url: string, body?: unknown): Promise<Answer> {
  const content =
    body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  return answerOf(await fetch(url, { method: 'POST', ...content }))
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text()
  const type = response.headers.get('content-type')
  const body: unknown = type?.includes('json') === true ? JSON.parse(text) : text
  return { status: response.status, type, body }
}
