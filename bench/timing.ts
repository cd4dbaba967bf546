import { measure } from 'mitata'

/** Microseconds of one call. */
export interface Timing {
  best: number
  median: number
}

/** What to time. */
export interface Timed<Input> {
  /** Makes the input of each call, outside the measured time. */
  prepare: () => Input
  run: (input: Input) => unknown
  /** How many calls; as many as fill two thirds of a second, and at least 12, when left out. */
  samples?: number | undefined
}

/** CPU time of the whole process, compiler and garbage collector included: steadier than the clock on a shared machine. */
export function cpuTime<Input>(timed: Timed<Input>): Promise<Timing> {
  return timing(timed, () => {
    const { user, system } = process.cpuUsage()
    return (user + system) * 1000
  })
}

/** Time by the clock: how long everything else on the thread has to wait. */
export function wallTime<Input>(timed: Timed<Input>): Promise<Timing> {
  return timing(timed, () => performance.now() * 1e6)
}

async function timing<Input>({ prepare, run, samples }: Timed<Input>, now: () => number): Promise<Timing> {
  const prepared = function* () {
    yield { 0: prepare, bench: run }
  }
  const limits = samples === undefined ? {} : { min_samples: samples, max_samples: samples }
  // mitata's types do not know prepared input.
  const { min, p50 } = await measure(prepared as unknown as () => unknown, { now, ...limits })
  return { best: min / 1000, median: p50 / 1000 }
}
