import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('store-child.ts', import.meta.url))

/** Start `count` processes on one file, let them begin together, and collect what each reports. */
export async function runTogether<Report>(count: number, path: string, task: 'push' | 'advance'): Promise<Report[]> {
  const children = Array.from({ length: count }, (_, index) => fork(script, [path, task, String(index)]))
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

/**
 * Kill a process that pushes without end, without warning, once it has acknowledged at least `acknowledged` pushes.
 * @returns the last value it acknowledged
 */
export async function killWhilePushing(path: string, acknowledged: number): Promise<number> {
  const child = fork(script, [path, 'pushForEver'], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  let output = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text
    if (output.split('\n').length > acknowledged) child.kill('SIGKILL')
  })
  await once(child, 'close')
  return Number(output.slice(0, output.lastIndexOf('\n')).split('\n').at(-1))
}
