import type { TestContext } from 'node:test'
import { type EmbeddedStore, type EmbeddedStoreOptions, openEmbeddedStore } from '../src/index.ts'
import { memoryFolder } from './memory-folder.ts'

/** An embedded store that is closed when the test ends; in a new folder unless one is given. */
export async function embedded(
  context: TestContext,
  options: Partial<EmbeddedStoreOptions> = {}
): Promise<EmbeddedStore> {
  const store = await openEmbeddedStore({
    folder: options.folder ?? memoryFolder(context),
    durability: 'os',
    idsRemembered: 1000,
    pendingTtlMs: 86_400_000,
    pendingLimit: 1000,
    ...options
  })
  context.after(() => store.close())
  return store
}
