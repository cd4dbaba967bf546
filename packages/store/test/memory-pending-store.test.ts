import { memoryPendingStore } from '../src/index.ts'
import { pendingStoreContract } from './pending-store-contract.ts'

pendingStoreContract('memory', (_context, limits) => memoryPendingStore(limits))
