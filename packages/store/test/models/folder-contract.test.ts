import { folderSource } from '../../src/index.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { remove, write } from './model-files.ts'
import { sourceContract } from './source-contract.ts'

sourceContract(
  'folder',
  async context => {
    const folder = temporaryFolder(context)
    const source = folderSource({ folder, stableMs: 0, debounceMs: 1 })
    context.after(() => source.close())
    return {
      source,
      put: async (name, text) => write(folder, { [name]: text }),
      remove: async name => remove(folder, name)
    }
  },
  { skip: false }
)
