/** Lets clients work, or makes them wait between two pieces of work. */
export interface Gate {
  open(): void
  close(): void
  /** Resolves when the gate is open. @throws the error given to `end` */
  pass(): Promise<void>
  /** Resolves when `count` clients wait at the closed gate, so that nothing is under way. */
  allWaiting(count: number): Promise<void>
  /** Send everybody home. */
  end(error: Error): void
}

export function createGate(): Gate {
  let opened = Promise.withResolvers<void>()
  opened.promise.catch(() => undefined)
  let isOpen = false
  let waiting = 0
  let ending: Error | undefined
  const watchers = new Set<() => void>()
  const tell = (): void => {
    for (const look of watchers) look()
  }
  return {
    open() {
      isOpen = true
      opened.resolve()
    },
    close() {
      if (!isOpen) return
      isOpen = false
      opened = Promise.withResolvers()
      opened.promise.catch(() => undefined)
      if (ending !== undefined) opened.reject(ending)
    },
    async pass() {
      if (ending !== undefined) throw ending
      if (isOpen) return
      waiting += 1
      tell()
      try {
        await opened.promise
      } finally {
        waiting -= 1
      }
    },
    async allWaiting(count) {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const look = (): void => {
        if (ending !== undefined) reject(ending)
        else if (waiting === count) resolve()
      }
      watchers.add(look)
      look()
      await promise.finally(() => watchers.delete(look))
    },
    end(error) {
      ending = error
      opened.reject(error)
      tell()
    }
  }
}
