import { cursorStoreContract } from './cursor-store-contract.ts'
import { embedded } from './embedded.ts'
import { pendingStoreContract } from './pending-store-contract.ts'
import { registryStoreContract } from './registry-store-contract.ts'
import { seriesStoreContract } from './series-store-contract.ts'

seriesStoreContract('embedded', async (context, options) => (await embedded(context, options)).series)
cursorStoreContract('embedded', async context => (await embedded(context)).cursors)
registryStoreContract('embedded', async context => (await embedded(context)).registry)
pendingStoreContract('embedded', async (context, { ttlMs, limit, now }) => {
  return (await embedded(context, { pendingTtlMs: ttlMs, pendingLimit: limit, now })).pending
})
