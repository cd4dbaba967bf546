import type { Experiments, InferRequest } from '@millrace/engine'

/** Requests that are decided about. */
export interface DecidedName {
  readonly model: string
  /** Those that this alias would answer; undefined for all of the model, also those that name a version. */
  readonly alias: string | undefined
  /** However they came in, or by the documented API alone. */
  readonly entry: 'all' | 'predict'
}

/** What experiments and canaries decide about at present, and shadows copy; in a fixed order. */
export function decidedNames(experiments: Pick<Experiments, 'list' | 'canaries' | 'shadows'>): DecidedName[] {
  const records = [...experiments.list(), ...experiments.canaries.list().map(({ record }) => record)]
  const decided = records.flatMap(({ state, definition: { model, alias, entry } }): DecidedName[] =>
    state === 'running' ? [{ model, alias, entry }] : []
  )
  const copied = experiments.shadows
    .list()
    .flatMap(({ isRunning, definition: { model } }): DecidedName[] =>
      isRunning ? [{ model, alias: undefined, entry: 'all' }] : []
    )
  const names = new Map([...decided, ...copied].map(name => [JSON.stringify(name), name]))
  return [...names].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, name]) => name)
}

/** Tells whether a request is among those: by the model, the version or alias that it names, and how it came in. */
export type IsDecided = (model: string, version: string | undefined, entry: InferRequest['entry']) => boolean

/** @param names what is decided about */
export function isDecidedBy(names: readonly DecidedName[]): IsDecided {
  const [byAnyWay, byApi] = [names.filter(({ entry }) => entry === 'all'), names].map(aliasesByModel)
  return (model, version, entry) => {
    const own = (entry === 'predict' ? byApi : byAnyWay)!.get(model)
    if (own === undefined) return false
    // An empty text names nothing.
    return own.has(undefined) || own.has(version === undefined || version === '' ? 'default' : version)
  }
}

function aliasesByModel(names: readonly DecidedName[]): ReadonlyMap<string, ReadonlySet<string | undefined>> {
  const byModel = Map.groupBy(names, ({ model }) => model)
  return new Map(Array.from(byModel, ([model, all]) => [model, new Set(all.map(({ alias }) => alias))]))
}
