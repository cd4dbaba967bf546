import type { TalliedRequests } from '../http/request-tally.ts'
import { DurationTally } from './duration-tally.ts'
import type { ModelTally, VersionTally } from './model-tally.ts'

/** What a process has counted: requests, and the answers of models. */
export interface Counts {
  readonly requests: readonly TalliedRequests[]
  readonly models: ReadonlyMap<string, ModelTally>
  readonly predictions: number
}

/** What several processes have counted together. What was given stays as it is. */
export function sumOfCounts(all: readonly Counts[]): Counts {
  return {
    requests: sumOfRequests(all.map(({ requests }) => requests)),
    models: sumOfModels(all.map(({ models }) => models)),
    predictions: all.reduce((sum, { predictions }) => sum + predictions, 0)
  }
}

function sumOfRequests(all: readonly (readonly TalliedRequests[])[]): TalliedRequests[] {
  const sums = new Map<string, TalliedRequests>()
  for (const { method, route, status, durations } of all.flat()) {
    const key = `${method} ${status} ${route}`
    const sum = sums.get(key) ?? { method, route, status, durations: new DurationTally(durations.bounds) }
    sum.durations.add(durations)
    sums.set(key, sum)
  }
  return [...sums.values()]
}

function sumOfModels(all: readonly ReadonlyMap<string, ModelTally>[]): Map<string, ModelTally> {
  const sums = new Map<string, ModelTally>()
  for (const [name, tally] of all.flatMap(models => [...models])) sums.set(name, sumOfModel(sums.get(name), tally))
  return sums
}

function sumOfModel(sum: ModelTally | undefined, { durations, errors, versions, loadSeconds }: ModelTally): ModelTally {
  const result: ModelTally = sum ?? {
    durations: new DurationTally(durations.bounds),
    errors: new Map(),
    versions: new Map(),
    loadSeconds: undefined
  }
  result.durations.add(durations)
  result.loadSeconds ??= loadSeconds
  for (const [kind, count] of errors) result.errors.set(kind, (result.errors.get(kind) ?? 0) + count)
  for (const [version, tally] of versions) {
    const before = result.versions.get(version)
    result.versions.set(version, before === undefined ? { ...tally } : sumOfVersions(before, tally))
  }
  return result
}

function sumOfVersions(a: VersionTally, b: VersionTally): VersionTally {
  return {
    answers: a.answers + b.answers,
    sum: a.sum + b.sum,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    lastAt: Math.max(a.lastAt, b.lastAt),
    confidence: a.confidence + b.confidence,
    confident: a.confident + b.confident
  }
}
