import type { ExperimentRecord } from '../experiment.ts'
import type { ExperimentTally } from '../ledger/ledger.ts'
import { count, percent, pValueText } from './numbers-in-words.ts'
import type { Guardrail, SampleRatio } from './results.ts'
import { weightsChanged } from './weight-changes.ts'

/** What is known of an experiment when its warnings are written. */
export interface WarningFacts {
  readonly record: ExperimentRecord
  readonly tally: ExperimentTally
  readonly sampleRatio: SampleRatio | null
  readonly guardrails: readonly Guardrail[]
  /** Whether the primary metric has units enough for every comparison. */
  readonly isEnough: boolean
}

/** What somebody who reads the results has to know, in words; empty when all is well. */
export function warningsOf(facts: WarningFacts): string[] {
  return [mismatch(facts), tooFew(facts), reweighted(facts), ...breaches(facts), ...uncounted(facts)].filter(
    warning => warning !== undefined
  )
}

function mismatch({ sampleRatio }: WarningFacts): string | undefined {
  if (sampleRatio?.isMismatch !== true) return undefined
  const { observed, expected, pValue } = sampleRatio
  const counts = `${observed.map(count).join(' / ')} units, expected ${expected.map(count).join(' / ')}`
  return `sample ratio mismatch: ${counts} (${pValueText(pValue)}); something is wrong with assignment or counting, and no result can be trusted`
}

function tooFew({ record, tally, isEnough }: WarningFacts): string | undefined {
  if (isEnough || tally.arms.every(({ units }) => units === 0)) return undefined
  const { primary } = record.definition
  return `too few units for ${primary}: intervals and p-values begin when each arm can be expected to have 10 units of each kind (conversions), or 100 of which something was told`
}

function reweighted({ record }: WarningFacts): string | undefined {
  const { strategy, weighting } = record.definition
  if (strategy === 'weighted' && weighting === 'thompson')
    return 'weights follow results: intervals and p-values are made for that and hold at any time, but means of arms that got few units are biased low, chance to win and fixed p-values take no account of it, and the sample ratio cannot be tested'
  if (!weightsChanged(record)) return undefined
  return 'weights were changed while units were counted: where values also change with time, arms differ by when they got their units (Simpson’s paradox); the sample ratio is not tested, and only a new phase is free of it'
}

function breaches({ guardrails }: WarningFacts): string[] {
  return guardrails.filter(({ isBreached }) => isBreached).map(breachText)
}

function breachText({ measure, arm, value, control, interval }: Guardrail): string {
  if (measure === 'error_rate')
    return `${arm} fails more often than control: ${percent(value!)} against ${percent(control!)} of requests, ${percent(interval![0])} more at least`
  const what = measure === 'latency_p95' ? '95 % of requests within' : 'typically'
  const least = Number((interval![0] - 1).toPrecision(2))
  return `${arm} is slower than control: ${what} ${value!.toPrecision(3)} ms against ${control!.toPrecision(3)} ms, ${percent(least)} more at least`
}

function uncounted({ record, tally }: WarningFacts): (string | undefined)[] {
  const { crossed, forgotten, unknownOutcomes, arms } = tally
  const units = arms.reduce((sum, arm) => sum + arm.units, 0)
  const passing = units - arms.reduce((sum, arm) => sum + arm.givenUnits, 0)
  const isByRequest = record.definition.strategy === 'random'
  return [
    crossed > 0 ? `${count(crossed)} units came to two arms; each counts for the first` : undefined,
    passing > 0 && !isByRequest
      ? `${count(passing)} of ${count(units)} units came without an id of their own: whoever is behind them may be counted several times, in several arms`
      : undefined,
    forgotten > 0 ? `${count(forgotten)} units are beyond what is remembered and in no number` : undefined,
    unknownOutcomes > 0
      ? `${count(unknownOutcomes)} outcomes belong to no unit or request that is known so far`
      : undefined
  ]
}
