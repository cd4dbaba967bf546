import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Durability } from '../src/index.ts'

const script = fileURLToPath(new URL('store-child.ts', import.meta.url))

/** Start `count` processes on one folder, let them begin together, and collect what each reports. */
export async function runTogether<Report>(
  count: number,
  folder: string,
  task: 'push' | 'advance' | 'pushTheSame'
): Promise<Report[]> {
  const children = Array.from({ length: count }, (_, index) => fork(script, [folder, task, String(index)]))
  await Promise.all(children.map(child => message(child)))
  const reports = children.map(child => message(child))
  for (const child of children) child.send('go')
  return (await Promise.all(reports)) as Report[]
}

async function message(child: ChildProcess): Promise<unknown> {
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`child ended early with code ${code}`)))
  const [received] = await Promise.race([once(child, 'message'), ended])
  return received
}

/** A process that keeps observations without end, and what is waited for before anything is done about it. */
interface Keeper {
  folder: string
  durability: Durability
  /** How many observations it must have acknowledged at least. */
  acknowledged: number
}

/**
 * Run `work` while another process keeps observations, then kill that without warning.
 * @param work gets a function that tells which observations are acknowledged by now
 * @returns the numbers of all it acknowledged
 */
export async function keepWhile(
  { folder, durability, acknowledged: least }: Keeper,
  work: (acknowledged: () => number[]) => Promise<void>
): Promise<number[]> {
  const child = fork(script, [folder, 'keepForEver', '0', durability], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  const closed = once(child, 'close')
  let output = ''
  const acknowledged = (): number[] =>
    output
      .slice(0, output.lastIndexOf('\n') + 1)
      .split('\n')
      .slice(0, -1)
      .map(Number)
  const isBusy = new Promise<void>(resolve => {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (acknowledged().length >= least) resolve()
    })
  })
  try {
    await Promise.race([isBusy, closed])
    await work(acknowledged)
  } finally {
    child.kill('SIGKILL')
    await closed
  }
  return acknowledged()
}

/** Kill a process that keeps observations, without warning, at a moment of its own. @returns what it acknowledged */
export function killWhileKeeping(keeper: Keeper): Promise<number[]> {
  return keepWhile(keeper, async () => undefined)
}
