import type { Metric } from '../experiment.ts'
import { differenceText, percent, pValueText, valueText } from './numbers-in-words.ts'
import type { ArmMetric, Comparison, MetricResult, SampleRatio } from './results.ts'

/** What the summary says in words. */
export interface SummaryFacts {
  readonly metric: Metric
  readonly control: string
  readonly alpha: number
  readonly result: MetricResult
  readonly sampleRatio: SampleRatio | null
  readonly winner: string | null
  /** What the numbers rest on, when that is not certain. */
  readonly proviso: string | undefined
}

/** What may be concluded, in a sentence or two, and no more than that. */
export function summaryOf(facts: SummaryFacts): string {
  const { result, sampleRatio, proviso } = facts
  if (result.arms.every(({ units }) => units === 0)) return 'No units yet.'
  if (sampleRatio?.isMismatch === true)
    return `Units did not come to arms as their weights say (${pValueText(sampleRatio.pValue)}): nothing can be concluded before the cause is found.`
  const conclusion = concluded(facts)
  return proviso === undefined ? conclusion : `${conclusion} ${proviso}`
}

function concluded(facts: SummaryFacts): string {
  const { metric, winner, control, result } = facts
  const known = result.comparisons.filter(({ interval }) => interval !== null)
  if (known.length === 0) return `Too few units to compare ${metric.name} of any arm with ${control}.`
  if (winner !== null) return winnerText(facts, winner)
  const different = known.filter(({ isSignificant }) => isSignificant)
  if (different.length > 0)
    return `${different.map(one => differs(facts, one)).join(' ')} ${undecided(facts, different)}`
  const ranges = known.map(one => `${one.arm} ${differenceText(metric, one.interval!)}`).join(', ')
  return `No difference in ${metric.name} from ${control} is shown so far. ${confidence(facts)}, it lies within: ${ranges}.`
}

function winnerText(facts: SummaryFacts, winner: string): string {
  const { metric, control, result } = facts
  const others = result.comparisons.filter(({ arm }) => winner === control || arm === winner)
  const beaten = result.arms.length > 2 ? 'every other arm' : result.arms.find(({ arm }) => arm !== winner)!.arm
  const ranges = others.map(one => `${one.arm} minus ${control} ${differenceText(metric, one.interval!)}`).join(', ')
  return `${winner} is better than ${beaten} by ${metric.name}: ${values(facts)}. ${confidence(facts)}: ${ranges}.`
}

function values({ metric, result }: SummaryFacts): string {
  const shown = result.arms.filter((arm): arm is ArmMetric & { value: number } => arm.value !== null)
  return shown.map(({ arm, value }) => `${arm} ${valueText(metric, value)}`).join(', ')
}

function differs({ metric, control }: SummaryFacts, { arm, difference, interval }: Comparison): string {
  const isBetter = difference! > 0 === (metric.goal === 'increase')
  return `${arm} is ${isBetter ? 'better' : 'worse'} than ${control} by ${metric.name} (${differenceText(metric, interval!)}).`
}

function undecided({ control }: SummaryFacts, different: readonly Comparison[]): string {
  return different.length === 1
    ? `Which arm is best is not shown so far.`
    : `Which of the arms is best is not shown so far; each was compared with ${control}.`
}

function confidence({ alpha, result }: SummaryFacts): string {
  const several = result.comparisons.length > 1 ? ', over all comparisons with control together' : ''
  return `With ${percent(1 - alpha)} confidence, however often one looks${several}`
}
