import type { ArmTally, ExperimentResults, ExperimentTally, ExperimentView } from '@millrace/engine'
import type { ExperimentResultsReply } from '@millrace/protocol'
import { timeText, updatedAt } from './experiment-json.ts'

/** Results of an experiment as replies tell them. */
export function resultsReply(
  view: ExperimentView,
  results: ExperimentResults,
  tally: ExperimentTally
): ExperimentResultsReply {
  const { definition, state, phase } = view
  return {
    id: definition.id,
    state,
    phase,
    updated_at: timeText(updatedAt(view, tally)),
    summary: results.summary,
    winner: results.winner,
    warnings: [...results.warnings],
    sample_ratio: sampleRatioReply(results.sampleRatio),
    arms: definition.arms.map(({ name: arm, model, version }, index) => ({
      arm,
      model,
      version,
      ...figuresOf(tally.arms[index])
    })),
    metrics: results.metrics.map(({ arms, comparisons, ...metric }) => ({
      ...metric,
      arms: arms.map(({ standardError, ...arm }) => ({ ...arm, standard_error: standardError })),
      comparisons: comparisons.map(comparisonReply)
    })),
    guardrails: results.guardrails.map(({ isBreached, ...guardrail }) => ({ ...guardrail, breached: isBreached })),
    units_needed: results.unitsNeeded,
    crossed_units: tally.crossed,
    forgotten_units: tally.forgotten,
    unknown_outcomes: tally.unknownOutcomes,
    repeated_outcomes: tally.repeatedOutcomes
  }
}

function figuresOf(tally: ArmTally | undefined) {
  const { units = 0, givenUnits = 0, requests = 0, cached = 0, failures = 0, fallbacks = 0, latency } = tally ?? {}
  const { count = 0, sumMs = 0 } = latency ?? {}
  return {
    units,
    given_units: givenUnits,
    requests,
    cached,
    failures,
    fallbacks,
    latency_ms: count === 0 ? null : sumMs / count
  }
}

function comparisonReply(comparison: ExperimentResults['metrics'][number]['comparisons'][number]) {
  const { liftInterval, pValue, fixedPValue, chanceToWin, expectedLoss, isSignificant, ...same } = comparison
  return {
    ...same,
    lift_interval: liftInterval,
    p_value: pValue,
    fixed_p_value: fixedPValue,
    chance_to_win: chanceToWin,
    expected_loss: expectedLoss,
    significant: isSignificant
  }
}

/** Whether units came to arms as they should, as replies tell it. */
export function sampleRatioReply(ratio: ExperimentResults['sampleRatio']): ExperimentResultsReply['sample_ratio'] {
  if (ratio === null) return null
  const { observed, expected, chiSquare, degrees, pValue, isMismatch } = ratio
  return {
    observed: [...observed],
    expected: [...expected],
    chi_square: chiSquare,
    degrees,
    p_value: pValue,
    mismatch: isMismatch
  }
}
