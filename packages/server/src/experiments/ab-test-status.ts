import type { ExperimentResults, ExperimentTally, ExperimentView } from '@millrace/engine'
import type { AbTestStatusReply, Conversion } from '@millrace/protocol'
import type { AbTestState } from './ab-test.ts'
import { abTestId, configOf } from './ab-test-config.ts'
import { timeText, updatedAt } from './experiment-json.ts'
import { sampleRatioReply } from './results-json.ts'

/** What there is to tell of an A/B test beside how it stands. */
export interface AbTestFigures {
  readonly view: ExperimentView
  readonly tally: ExperimentTally
  readonly results: ExperimentResults
}

/**
 * The reply of `GET /ab-test/status`.
 * @param figures undefined before there is an experiment
 * @param of `startedAt`, milliseconds since 1970, is when the configuration of a server without one was made
 */
export function abTestStatus(
  { wishes, reason, source }: AbTestState,
  figures: AbTestFigures | undefined,
  { model, startedAt }: { model: string; startedAt: number }
): AbTestStatusReply {
  const counts = figuresByVersion(wishes.models, figures)
  const total = Object.values(counts.requests).reduce((sum, count) => sum + count, 0)
  const changedAt = figures === undefined ? startedAt : updatedAt(figures.view, figures.tally)
  return {
    enabled: figures?.view.state === 'running',
    config: configOf(wishes),
    total_assignments: total,
    model_counts: counts.requests,
    model_percentages: mapped(counts.requests, count => (total === 0 ? 0 : (100 * count) / total)),
    last_updated: timeText(changedAt),
    reason: reason ?? null,
    source,
    weights: wishes.weights,
    experiment: abTestId,
    model,
    phase: figures?.view.phase ?? 0,
    revision: figures?.view.revision ?? 0,
    shares: counts.shares,
    units: counts.units,
    conversion_rates: counts.conversions,
    sample_ratio: sampleRatioReply(figures?.results.sampleRatio ?? null),
    winner: figures?.results.winner ?? null,
    summary: figures?.results.summary ?? 'Nothing was measured yet.'
  }
}

function figuresByVersion(models: readonly string[], figures: AbTestFigures | undefined) {
  const versions = namesOf(figures?.view) ?? models
  const by = <Value>(value: (arm: number) => Value): Record<string, Value> =>
    Object.fromEntries(versions.map((version, arm) => [version, value(arm)]))
  return {
    requests: by(arm => figures?.tally.arms[arm]?.requests ?? 0),
    units: by(arm => figures?.tally.arms[arm]?.units ?? 0),
    shares: by(arm => figures?.view.weights[arm] ?? 0),
    conversions: by(arm => conversionOf(figures, arm))
  }
}

/** Arms by their versions; by their own names where several have the same version, as somebody may have made them. */
function namesOf(view: ExperimentView | undefined): string[] | undefined {
  const arms = view?.definition.arms
  const areDistinct = new Set(arms?.map(({ version }) => version)).size === arms?.length
  return arms?.map(({ version, name }) => (areDistinct ? version : name))
}

function conversionOf(figures: AbTestFigures | undefined, arm: number): Conversion {
  const units = figures?.tally.arms[arm]?.units ?? 0
  const conversions = figures?.tally.arms[arm]?.metrics.get('conversion')?.sum ?? 0
  const result = figures?.results.metrics.find(({ metric }) => metric === 'conversion')?.arms[arm]
  return { units, conversions, rate: result?.value ?? null, interval: result?.interval ?? null }
}

function mapped(values: Record<string, number>, change: (value: number) => number): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]))
}
