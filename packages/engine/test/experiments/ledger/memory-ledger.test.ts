import { memoryLedger } from '../../../src/experiments/ledger/memory-ledger.ts'
import { ledgerContract } from './ledger-contract.ts'

ledgerContract('in memory', async (_, options) => memoryLedger(options))
