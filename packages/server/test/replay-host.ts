import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Writable } from 'node:stream'
import type { TestContext } from 'node:test'
import type { Environment } from '../src/cli/command.ts'
import type { CommandProcess } from '../src/cli/command-process.ts'
import { runReplayCommand } from '../src/cli/replay.ts'

/** A file with this text, in a folder of its own that is removed when the test ends. */
export function csvFile(context: TestContext, text: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-replay-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = path.join(folder, 'data.csv')
  writeFileSync(file, text)
  return file
}

/** A stream that keeps what is written to it, and may pose as a terminal. */
export class FakeStream extends Writable {
  text = ''
  readonly isTTY: boolean
  readonly columns = 80

  constructor({ isTTY = false }: { isTTY?: boolean } = {}) {
    super({ decodeStrings: false })
    this.isTTY = isTTY
  }

  override _write(chunk: string, _: BufferEncoding, done: () => void): void {
    this.text += chunk
    done()
  }
}

/** A process in which time passes only by waiting, and `tickMs` a look at the clock. */
export class FakeProcess implements CommandProcess {
  stdout: FakeStream
  stderr: FakeStream
  /** What the replay waited for, in milliseconds. */
  readonly waits: number[] = []
  /** Called on every wait and on every turn of the event loop. */
  onWait: () => void = () => undefined
  interrupt: () => void = () => undefined
  #time = 0
  readonly #tickMs: number

  constructor({ tickMs = 0, isTTY = false }: { tickMs?: number; isTTY?: boolean } = {}) {
    this.#tickMs = tickMs
    this.stdout = new FakeStream({ isTTY })
    this.stderr = new FakeStream({ isTTY })
  }

  readonly clock = {
    now: (): number => (this.#time += this.#tickMs),
    turn: async (): Promise<void> => this.onWait(),
    wait: async (ms: number): Promise<void> => {
      this.waits.push(ms)
      this.#time += ms
      this.onWait()
    }
  }

  onInterrupt(listener: () => void): () => void {
    this.interrupt = listener
    return () => (this.interrupt = () => undefined)
  }

  run(args: string[], env: Environment = {}): Promise<number> {
    return runReplayCommand(args, env, this)
  }
}

/** A small file with labels that need quotes. */
export const threeDays = 'day,y\n"Mo, early",10\nTu,20\n"the ""third""",40\n'

/** What `millrace replay` of a file with this text prints and answers. */
export async function replay(context: TestContext, text: string, args: string[], host = new FakeProcess()) {
  const code = await host.run([csvFile(context, text), ...args])
  return { code, out: host.stdout.text, err: host.stderr.text }
}
