import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Durability } from '../src/index.ts'

const script = fileURLToPath(new URL('journal-child.ts', import.meta.url))

/** A process that writes a journal, append after append, until it is stopped or fails. */
export interface JournalProcess {
  readonly pid: number
  /** What it has reported so far, line by line; see `journal-child.ts`. */
  readonly lines: string[]
  /** Resolves once `isEnough` holds of its lines. Rejects when it ends before. */
  until(isEnough: (lines: string[]) => boolean): Promise<void>
  signal(name: 'SIGSTOP' | 'SIGCONT'): void
  kill(): Promise<void>
  ended: Promise<unknown>
}

export function journalProcess(
  context: TestContext,
  folder: string,
  { role = 'writer', durability = 'fsync' }: { role?: 'writer' | 'takeover'; durability?: Durability } = {}
): JournalProcess {
  const child = fork(script, [folder, role, durability], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  const ended = once(child, 'close')
  context.after(() => end(child, ended))
  const lines: string[] = []
  let rest = ''
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n')
    rest = parts.pop()!
    lines.push(...parts)
  })
  return {
    pid: child.pid!,
    lines,
    ended,
    signal: name => void child.kill(name),
    kill: () => end(child, ended),
    async until(isEnough) {
      const early = ended.then(() => Promise.reject(new Error(`ended with ${lines.slice(-3).join(', ')}`)))
      while (!isEnough(lines)) await Promise.race([once(child.stdout!, 'data'), early])
    }
  }
}

async function end(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.kill('SIGKILL')
  await ended
}

/** The last record that the process has acknowledged; 0 when it has none. */
export function lastCommitted({ lines }: JournalProcess): number {
  return Number(lines.findLast(line => line.startsWith('committed '))?.split(' ')[1] ?? 0)
}
