import type { VersionFiles } from '@millrace/store'
import type { Opened, Origin } from './open-version.ts'
import type { ServedVersion } from './served-version.ts'
import type { VersionTally } from './version-tally.ts'

/** Who is told what becomes of a version. */
interface Listeners {
  readonly tally: VersionTally
  readonly host: {
    /** No request needs it any more. */
    unused(): void
  }
}

/** What a version was loaded from. */
export interface Loaded {
  readonly origin: Origin
  readonly files: VersionFiles
}

/** A version in memory, with the number of requests that need it. It is closed after the last of them. */
export class InMemory {
  readonly served: ServedVersion
  /** Resolves when it is closed. */
  readonly gone: Promise<void>
  /** What its files and settings were; moves on when files change without a change of content. */
  stamp: string
  /** Where its content lies; undefined for a learner that is live. Moves on as `stamp` does. */
  files: VersionFiles | undefined
  readonly settings: string
  inUse = 0
  isRetired = false
  readonly #close: () => Promise<void>
  readonly #tally: VersionTally
  readonly #host: Listeners['host']
  readonly #left: () => void

  constructor({ served, close }: Opened, from: Loaded | undefined, { tally, host }: Listeners) {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.served = served
    this.stamp = from?.origin.stamp ?? ''
    this.files = from?.files
    this.settings = from?.origin.settings ?? ''
    this.gone = promise
    this.#close = close
    this.#tally = tally
    this.#host = host
    this.#left = resolve
    tally.loaded(served)
  }

  /** A request is done with it. */
  release(): void {
    if (--this.inUse > 0) return
    if (this.isRetired) void this.#end()
    else this.#host.unused()
  }

  /** Nobody may ask it any more; those that do are answered. */
  retire(): void {
    if (this.isRetired) return
    this.isRetired = true
    if (this.inUse === 0) void this.#end()
  }

  async #end(): Promise<void> {
    try {
      await this.#close()
    } finally {
      this.#tally.closed(this.served)
      this.#left()
    }
  }
}
