import { type FSWatcher, watch } from 'node:fs'

/** Beyond this many folders only looking now and then finds changes: systems limit how many may be watched. */
const mostFolders = 1000

/** Hears of changes in a set of folders, where the system can tell. Never fails: a folder it cannot watch it leaves out. */
export class FolderWatch {
  readonly #changed: () => void
  readonly #watchers = new Map<string, FSWatcher>()
  #hasBegun = false

  constructor(changed: () => void) {
    this.#changed = changed
  }

  /** Watch these folders and no others. */
  set(folders: readonly string[]): void {
    const wanted = new Set(folders.slice(0, mostFolders))
    for (const folder of this.#watchers.keys()) if (!wanted.has(folder)) this.#end(folder)
    for (const folder of wanted) if (!this.#watchers.has(folder)) this.#begin(folder)
  }

  /** Whether it has begun to watch any folder since the last time this was asked. */
  hasBegun(): boolean {
    const hasBegun = this.#hasBegun
    this.#hasBegun = false
    return hasBegun
  }

  #begin(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, this.#changed)
      watcher.on('error', () => this.#end(folder))
      this.#watchers.set(folder, watcher)
      this.#hasBegun = true
    } catch {
      // Gone, not to be read, on a disk that tells nothing, or one too many: it is looked at now and then all the same.
    }
  }

  #end(folder: string): void {
    this.#watchers.get(folder)?.close()
    this.#watchers.delete(folder)
  }
}
