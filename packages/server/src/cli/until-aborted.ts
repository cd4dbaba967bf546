/**
 * What `source` gives, until `signal` aborts: that ends the waiting for the next value at once, even where the source
 * cannot be interrupted, such as a pipe that stays open and silent.
 */
export function untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncIterableIterator<T> {
  const values = source[Symbol.asyncIterator]()
  const end: IteratorReturnResult<undefined> = { done: true, value: undefined }
  let stopWaiting: (() => void) | undefined
  signal.addEventListener('abort', () => stopWaiting?.())
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    // One listener and one promise a value: a race against one long promise would grow with every value.
    next: () =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return resolve(end)
        stopWaiting = () => resolve(end)
        values.next().then(resolve, reject)
      }),
    async return() {
      const closed = values.return?.()
      // While the source is waiting it cannot close either; it does so when its value comes, or with the process.
      if (signal.aborted) closed?.catch(() => undefined)
      else await closed
      return end
    }
  }
}

/** What `work` comes to, or undefined as soon as `signal` aborts. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
    work.then(resolve, reject)
  })
}
