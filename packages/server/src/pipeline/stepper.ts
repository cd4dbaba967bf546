/** Work done again and again at fixed moments. */
export interface Stepper {
  /** Step at once, then every interval. */
  start(): void
  /** Start no more steps; resolves when the running one is done. */
  stop(): Promise<void>
}

/** Time, so that a test can turn it by hand. */
export interface StepperTime {
  /** Milliseconds that never go backwards. */
  now(): number
  /** @returns what takes the wish back */
  after(ms: number, run: () => void): () => void
}

/** The time of this process. */
const processTime: StepperTime = {
  now: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  }
}

/**
 * Runs `step` at the start and at every whole interval after it. Steps never overlap, and delays do not add up: a step
 * that takes longer than an interval skips the moments it missed, and the next one is on the beat again.
 * @param options `intervalMs` > 0; `step` must not throw
 */
export function createStepper(options: { intervalMs: number; step(): Promise<void>; time?: StepperTime }): Stepper {
  const { intervalMs, time = processTime } = options
  let isStopped = false
  let running = Promise.resolve()
  let cancel: (() => void) | undefined

  const begin = (origin: number, beat: number): void => {
    running = options.step().finally(() => {
      if (isStopped) return
      // A timer may fire a little early; the beat just stepped is over all the same.
      const next = Math.max(beat, Math.floor((time.now() - origin) / intervalMs)) + 1
      cancel = time.after(Math.max(0, origin + next * intervalMs - time.now()), () => begin(origin, next))
    })
  }

  return {
    start: () => begin(time.now(), 0),
    stop() {
      isStopped = true
      cancel?.()
      return running
    }
  }
}
