// Run by a test as a process of its own, to be killed. Arguments: port of Redis, folder of the embedded store, first
// value. Pushes one value after the other and says so on a line of its own, only once it is acknowledged.
import { writeSync } from 'node:fs'
import { connectRedis, fallbackSeriesStore, openEmbeddedStore } from '../src/index.ts'

const [port, folder = '', first] = process.argv.slice(2)
const redis = await connectRedis({ host: '127.0.0.1', port: Number(port), retryDelayMs: () => 5 })
const embedded = await openEmbeddedStore({
  folder,
  durability: 'os',
  idsRemembered: 1000,
  pendingTtlMs: 1000,
  pendingLimit: 10
})
const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
const store = await fallbackSeriesStore({ redis, embedded, log, retryMs: 10 })
for (let value = Number(first); ; value++) {
  const { storage } = await store.push({ seriesId: 's', value, keep: 100_000 })
  writeSync(1, `${value} ${storage}\n`)
}
