import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { describe, test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { metrics } from './ledger-contract.ts'
import { ledgerPlace } from './ledger-setup.ts'

const script = fileURLToPath(new URL('ledger-child.ts', import.meta.url))

/** What a child said before it was killed: the last unit that was written, and the last whose outcome was acknowledged. */
interface Said {
  served: number
  told: number
}

/** Start a child, let it say `lines` lines, and kill it in the middle of its work. */
async function killedAfter(context: TestContext, lines: number, args: readonly string[]): Promise<Said> {
  const child: ChildProcess = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  context.after(() => child.kill('SIGKILL'))
  const ended = once(child, 'close')
  const said: Said = { served: -1, told: -1 }
  let heard = 0
  for await (const line of createInterface({ input: child.stdout! })) {
    const [what, unit] = line.split(' ')
    said[what as keyof Said] = Number(unit)
    if (++heard === lines) child.kill('SIGKILL')
  }
  await ended
  return said
}

describe('a process that is killed', { timeout: 60_000 }, () => {
  test('loses no unit that was written and no outcome that was acknowledged, and counts none twice', async t => {
    const { folder, open } = ledgerPlace(t)
    let first = 0
    const outcomes = new Set<number>()
    for (const lines of [150, 400, 3]) {
      const { served, told } = await killedAfter(t, lines, [folder, String(first), 'os'])
      assert.ok(told >= first)
      for (let unit = Math.ceil(first / 5) * 5; unit <= told; unit += 5) outcomes.add(unit)
      const ledger = await open()
      const experiment = ledger.experiment('e', { arms: 2, metrics })
      for (let unit = 0; unit <= Math.max(served, first - 1); unit++)
        assert.equal(experiment.armOf(String(unit)), unit % 2)
      const { arms } = experiment.tally()
      const spent = arms.reduce((sum, { metrics: of }) => sum + of.get('spent')!.sum, 0)
      const units = arms.reduce((sum, arm) => sum + arm.units, 0)
      // One more may have been written that was not acknowledged any more.
      assert.ok(spent === outcomes.size || spent === outcomes.size + 1, `${spent} of ${outcomes.size}`)
      assert.ok(units > served, `${units} units, and ${served} was the last`)
      // Units and the requests that brought them are written together.
      const requests = arms.reduce((sum, arm) => sum + arm.requests, 0)
      assert.ok(requests >= units, `${requests} requests of ${units} units`)
      await ledger.close()
      if (spent > outcomes.size) outcomes.add(told + 5)
      // The next child goes on where this one must have been.
      first = Math.max(served + 1, first)
      for (const unit of outcomes) if (unit >= first) first = unit + 1
    }
  })
})
