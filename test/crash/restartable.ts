import { readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { entryOf, type Exit, freePorts, type Program, startProgram, straight } from '../e2e/program.ts'

/** How the program is started, each time. */
export interface Launch {
  /** Arguments of `millrace`. */
  args: readonly string[]
  /** Settings beside the folder and the ports. */
  settings: Readonly<Record<string, string>>
  /** Everything that survives a run: data in `data`, and the log of each run. */
  folder: string
  /** What logs are called; `log` when left out. */
  name?: string
}

/** Extras of one start. */
export interface StartOptions {
  /** Modules that Node.js loads before the program, in every thread. */
  preload?: readonly string[]
  /** Environment variables of these modules. */
  environment?: Readonly<Record<string, string>>
}

/** One run of the program. */
export interface Run {
  readonly program: Program
  /** File of its log lines. */
  readonly log: string
  /** Where its services answer, by name; rejects when it ends before it is ready. */
  readonly ready: Promise<Readonly<Record<string, string>>>
  /** Milliseconds since the run began. */
  elapsed(): number
}

/** The program as its clients see it: it dies at any moment, and comes back on the same folder at other addresses. */
export interface Restartable {
  /** The data folder. */
  readonly dataDir: string
  /** The latest run. */
  readonly run: Run | undefined
  /** Start another run. Once it is ready, it is the one that clients are sent to, whether or not the one before lives. */
  start(options?: StartOptions): Run
  /** Where a service answers now; waits while the program is down. Rejects once `giveUp` was called. */
  address(service: string): Promise<string>
  /** Send the signal and wait for the end. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<Exit>
  /** Kill all runs that live. */
  endAll(): Promise<void>
  /** Nobody shall wait any longer for a program that does not come back. */
  giveUp(error: Error): void
}

/** How long a start may take, in milliseconds: replays of long journals on a busy machine included. */
const startPatienceMs = 60_000

export function restartable({ args, settings, folder, name = 'log' }: Launch): Restartable {
  const dataDir = path.join(folder, 'data')
  let run: Run | undefined
  const programs: Program[] = []
  let up = Promise.withResolvers<Readonly<Record<string, string>>>()
  up.promise.catch(() => undefined)
  let givenUp: Error | undefined

  function start({ preload = [], environment = {} }: StartOptions = {}): Run {
    const log = path.join(folder, `${name}-${String(programs.length + 1).padStart(3, '0')}.txt`)
    const before = preload.flatMap(module => ['--import', module])
    const env = { MILLRACE_DATA_DIR: dataDir, ...freePorts, PORT: '0', ...settings, ...environment }
    if (args[0] === 'up') Reflect.deleteProperty(env, 'PORT')
    const program = startProgram({ after: () => undefined }, args, env, {
      start: [...before, ...straight],
      stdout: log
    })
    programs.push(program)
    const began = performance.now()
    const ready = addressesIn(log, program)
    run = { program, log, ready, elapsed: () => performance.now() - began }
    void follow(run)
    return run
  }

  async function follow({ ready, program }: Run): Promise<void> {
    try {
      const addresses = await ready
      up.resolve(addresses)
      up = Promise.withResolvers()
      up.resolve(addresses)
    } catch {
      return // Whoever waits goes on waiting for the next run.
    }
    const mine = up
    await program.exit
    if (up !== mine) return
    up = Promise.withResolvers()
    up.promise.catch(() => undefined)
    if (givenUp !== undefined) up.reject(givenUp)
  }

  return {
    dataDir,
    get run() {
      return run
    },
    start,
    async address(service) {
      const found = (await up.promise)[service]
      if (found === undefined) throw new Error(`nothing serves ${service}`)
      return found
    },
    async end(signal) {
      run?.program.child.kill(signal)
      return (await run?.program.exit) ?? { code: null, signal: null }
    },
    async endAll() {
      for (const { child } of programs) child.kill('SIGKILL')
      await Promise.all(programs.map(({ exit }) => exit))
    },
    giveUp(error) {
      givenUp = error
      up.reject(error)
    }
  }
}

/** Looks into the log until it says where the services answer. */
async function addressesIn(log: string, program: Program): Promise<Readonly<Record<string, string>>> {
  let ended: Exit | undefined
  void program.exit.then(exit => (ended = exit))
  const deadline = performance.now() + startPatienceMs
  for (;;) {
    const isOver = ended !== undefined
    const found = readFileSync(log, 'utf8').split('\n').find(isReadyLine)
    if (found !== undefined) return addressesOf(entryOf(found))
    if (isOver || performance.now() > deadline) throw notReady(ended, program)
    await pause(10)
  }
}

function isReadyLine(line: string): boolean {
  return line.endsWith('}') && /"msg":"(millrace|service) is ready"/.test(line)
}

function addressesOf(entry: Record<string, unknown>): Record<string, string> {
  const { addresses, service, url } = entry
  return (addresses ?? { [String(service)]: String(url) }) as Record<string, string>
}

/** The program ended, or took too long, before it was ready. */
export class NotReady extends Error {
  readonly exit: Exit | undefined

  constructor(exit: Exit | undefined, errors: string) {
    super(`the program was not ready: ${exit === undefined ? 'no answer' : (exit.code ?? exit.signal)} ${errors}`)
    this.exit = exit
  }
}

function notReady(exit: Exit | undefined, { errors }: Program): NotReady {
  return new NotReady(exit, errors())
}
