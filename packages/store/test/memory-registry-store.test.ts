import { memoryRegistryStore } from '../src/index.ts'
import { registryStoreContract } from './registry-store-contract.ts'

registryStoreContract('memory', () => memoryRegistryStore())
