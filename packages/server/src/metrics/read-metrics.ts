import type { Gauge, Registry } from 'prom-client'
import type { DurationTally } from './duration-tally.ts'

/** Values by the names of labels. */
export type Labels = Readonly<Record<string, string>>

/** What a metric is called, and what it tells. */
export interface MetricName {
  readonly name: string
  readonly help: string
}

/**
 * Registers a gauge, or a counter, whose values are read when somebody asks for them, so that whatever they tell of need
 * not know of it.
 */
export function registerValues(
  registry: Registry,
  type: 'counter' | 'gauge',
  metric: MetricName,
  read: () => Iterable<readonly [labels: Labels, value: number]>
): void {
  register(registry, type, metric, () => Array.from(read(), ([labels, value]) => ({ labels, value })))
}

/** Registers a histogram of durations in seconds that somebody else counts. */
export function registerDurations(
  registry: Registry,
  metric: MetricName,
  read: () => Iterable<readonly [labels: Labels, tally: DurationTally]>
): void {
  register(registry, 'histogram', metric, () => Array.from(read(), each => samplesOf(metric.name, ...each)).flat())
}

interface Sample {
  labels: Record<string, string | number>
  value: number
  metricName?: string
}

function samplesOf(name: string, labels: Labels, tally: DurationTally): Sample[] {
  const { bounds, count, sum } = tally
  return [
    ...tally
      .cumulative()
      .map((value, bucket) => ({ metricName: `${name}_bucket`, labels: { le: bounds[bucket]!, ...labels }, value })),
    { metricName: `${name}_bucket`, labels: { le: '+Inf', ...labels }, value: count },
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count }
  ]
}

function register(registry: Registry, type: string, { name, help }: MetricName, read: () => Sample[]): void {
  const metric = { name, help, type, aggregator: 'sum', get: async () => ({ name, help, type, values: read() }) }
  // A registry asks nothing of a metric but these, though its types name the classes that come with it.
  registry.registerMetric(metric as unknown as Gauge)
}
