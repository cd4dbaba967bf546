// Run by tests as a process of its own, beside others on the same folder.
// Arguments: folder, task, number of this child, durability. Reports over IPC, or by lines.
import { type Durability, openEmbeddedStore } from '../src/index.ts'

const [folder = '', task = '', child = '0', durability = 'os'] = process.argv.slice(2)

const store = await openEmbeddedStore({
  folder,
  durability: durability as Durability,
  idsRemembered: 100_000,
  pendingTtlMs: 86_400_000,
  pendingLimit: 100_000
})

/** Tell the parent that this process runs, and wait until all others do. */
async function ready(): Promise<void> {
  const started = new Promise(resolve => process.once('message', resolve))
  process.send?.('ready')
  await started
}

/** Pushes, some of them together, each with what it found. */
async function pushInParallel(): Promise<unknown> {
  const pushes: { value: number; lags: number[] }[] = []
  for (let turn = 0; turn < 200; turn += 4) {
    const values = [0, 1, 2, 3].map(index => Number(child) * 1000 + turn + index)
    const found = await Promise.all(
      values.map(async value => {
        const { earlier } = await store.series.push({ seriesId: 'shared', value, keep: 3, observationId: `o${value}` })
        return { value, lags: earlier }
      })
    )
    pushes.push(...found)
  }
  return pushes
}

async function advanceInParallel(): Promise<unknown> {
  const indexes: number[] = []
  for (;;) {
    const item = await store.cursors.advance('shared', 500)
    if (item === undefined) return indexes
    indexes.push(item.index)
  }
}

/** Every child pushes the same observations; reports how many were new to it. */
async function pushTheSame(): Promise<unknown> {
  const pushes = Array.from({ length: 200 }, (_, value) =>
    store.series.push({ seriesId: 'same', value, keep: 1000, observationId: `o${value}` })
  )
  return (await Promise.all(pushes)).filter(({ isRepeat }) => !isRepeat).length
}

/** Until killed: one observation after the other, several under way at a time, each reported once all of it is kept. */
async function keepForEver(): Promise<never> {
  let next = 0
  async function keep(): Promise<never> {
    for (;;) {
      const value = next++
      await Promise.all([
        store.series.push({ seriesId: 'endless', value, keep: 1_000_000, observationId: `o${value}` }),
        store.pending.put({
          predictionId: `p${value}`,
          learner: 'linear',
          features: new Uint8Array([value % 256]),
          prediction: value,
          madeAt: Date.now()
        }),
        store.cursors.advance('endless', Number.MAX_SAFE_INTEGER)
      ])
      process.stdout.write(`${value}\n`)
    }
  }
  return Promise.race(Array.from({ length: 8 }, keep))
}

const tasks: Record<string, () => Promise<unknown>> = { push: pushInParallel, advance: advanceInParallel, pushTheSame }

if (task === 'keepForEver') await keepForEver()
await ready()
const result = await tasks[task]!()
await store.close()
process.send?.(result, () => process.disconnect())
