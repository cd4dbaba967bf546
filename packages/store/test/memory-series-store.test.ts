import { memorySeriesStore } from '../src/index.ts'
import { seriesStoreContract } from './series-store-contract.ts'

seriesStoreContract('memory', (_context, options) => memorySeriesStore(options))
