import type { Experiments } from '@millrace/engine'

/** Requests that are decided about. */
export interface DecidedName {
  readonly model: string
  /** Those that this alias would answer; undefined for all of the model, also those that name a version. */
  readonly alias: string | undefined
}

/** What experiments and canaries decide about at present, and shadows copy; in a fixed order. */
export function decidedNames(experiments: Pick<Experiments, 'list' | 'canaries' | 'shadows'>): DecidedName[] {
  const records = [...experiments.list(), ...experiments.canaries.list().map(({ record }) => record)]
  const decided = records.flatMap(({ state, definition: { model, alias } }): DecidedName[] =>
    state === 'running' ? [{ model, alias }] : []
  )
  const copied = experiments.shadows
    .list()
    .flatMap(({ isRunning, definition: { model } }): DecidedName[] => (isRunning ? [{ model, alias: undefined }] : []))
  const names = new Map([...decided, ...copied].map(name => [JSON.stringify(name), name]))
  return [...names].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, name]) => name)
}

/** Tells whether a request is among those, by the model and the version or alias that it names. */
export function isDecidedBy(names: readonly DecidedName[]): (model: string, version: string | undefined) => boolean {
  if (names.length === 0) return () => false
  const byModel = Map.groupBy(names, ({ model }) => model)
  const aliases = new Map(Array.from(byModel, ([model, all]) => [model, new Set(all.map(({ alias }) => alias))]))
  return (model, version) => {
    const own = aliases.get(model)
    if (own === undefined) return false
    // An empty text names nothing.
    return own.has(undefined) || own.has(version === undefined || version === '' ? 'default' : version)
  }
}
