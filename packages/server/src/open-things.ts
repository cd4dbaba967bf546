/** What has to be closed. */
export interface Closable {
  close(): Promise<void> | void
}

/** Keeps what is open and closes it again, what was opened last first. */
export interface OpenThings {
  /** What `opening` comes to, which is closed with the rest from now on. */
  keep<Thing extends Closable>(opening: Promise<Thing> | Thing): Promise<Thing>
  /**
   * Wait for things that are being opened side by side.
   * @throws what the first that failed throws, once all are opened or failed
   */
  together<Things extends readonly unknown[]>(
    openings: Things
  ): Promise<{ [Index in keyof Things]: Awaited<Things[Index]> }>
  /**
   * Close all. Closing again does nothing.
   * @throws the first error, once closing was tried with all
   */
  close(): Promise<void>
}

export function openThings(): OpenThings {
  const open: Closable[] = []
  return {
    async keep(opening) {
      const thing = await opening
      open.push(thing)
      return thing
    },
    async together(openings) {
      const results = await Promise.allSettled(openings)
      const failed = results.find(({ status }) => status === 'rejected')
      if (failed !== undefined) throw (failed as PromiseRejectedResult).reason
      return (await Promise.all(openings)) as never
    },
    async close() {
      const errors: unknown[] = []
      for (let thing = open.pop(); thing !== undefined; thing = open.pop()) {
        try {
          await thing.close()
        } catch (error) {
          errors.push(error)
        }
      }
      if (errors.length > 0) throw errors[0]
    }
  }
}
