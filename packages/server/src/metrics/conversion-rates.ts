import type { WatchedExperiments } from './experiment-metrics.ts'

/** Units that versions served in experiments, and how many of them converted. */
interface Converted {
  units: number
  conversions: number
}

/**
 * Shares of units that converted, by model and version, over all experiments that measure `conversion` and that a version
 * takes or took part in. A version without such units has none.
 */
export function conversionRates(experiments: Pick<WatchedExperiments, 'list' | 'tally'>): Map<string, number> {
  const sums = new Map<string, Converted>()
  for (const { definition, state } of experiments.list()) {
    const isMeasured = definition.metrics.some(({ name, kind }) => name === 'conversion' && kind === 'conversion')
    if (!isMeasured || state === 'draft') continue
    const { arms } = experiments.tally(definition.id)
    for (const [index, { model, version }] of definition.arms.entries()) {
      const key = versionKey(model, version)
      const sum = sums.get(key) ?? { units: 0, conversions: 0 }
      sum.units += arms[index]?.units ?? 0
      sum.conversions += arms[index]?.metrics.get('conversion')?.sum ?? 0
      sums.set(key, sum)
    }
  }
  const known = [...sums].filter(([, { units }]) => units > 0)
  return new Map(known.map(([key, { units, conversions }]) => [key, conversions / units]))
}

/** By which {@link conversionRates} names a version. */
export function versionKey(model: string, version: string): string {
  return JSON.stringify([model, version])
}
