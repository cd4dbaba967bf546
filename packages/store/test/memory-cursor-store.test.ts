import { memoryCursorStore } from '../src/index.ts'
import { cursorStoreContract } from './cursor-store-contract.ts'

cursorStoreContract('memory', () => memoryCursorStore())
