import type { JournalReplay, ParameterValue, SettingsCommand, Standing } from '@millrace/engine'
import { formatCount, formatDuration } from '../terminal/number-format.ts'
import { shownText } from './journal-text.ts'
import {
  bestOf,
  comparedRows,
  count,
  errorDifference,
  incompleteNote,
  type Scored,
  scoreOf,
  standingJson,
  standingsTable
} from './replay-standings.ts'
import type { ReplayResult, ReplayTelling } from './replay-views.ts'

/** What the replay of a journal came to. */
export interface JournalOutcome extends ReplayResult {
  learner: string
  recorded: SettingsCommand
  /** Position after which the replay began. */
  after: number
  /** Positions of the first and the last row that was scored. */
  first: number | undefined
  last: number | undefined
  counts: JournalReplay['counts']
  elapsedMs: number
  /** The recorded learner first. */
  standings: readonly Standing[]
  /** The first scored row, counted from 1, that all were scored on. */
  comparableFrom: number | undefined
  /** Of those in the standings. */
  parameters: readonly Readonly<Record<string, ParameterValue>>[]
}

/** How the replay of a journal is told. */
export const journalTelling: ReplayTelling<JournalOutcome> = {
  heads: ['sequence', 'time'],
  report: (outcome, hasColour) => [
    ...introduction(outcome),
    '',
    ...standingsTable(outcome.standings, bestOf(outcome.standings), hasColour),
    '',
    ...verdict(outcome),
    ...incompleteNote(outcome)
  ],
  json: comparisonJson,
  shown: ({ standings }) => bestOf(standings)
}

function introduction({ learner, recorded, after, first, last, rows, counts, elapsedMs }: JournalOutcome): string[] {
  const which =
    first === undefined || last === undefined ? '' : ` of records ${formatCount(first)} to ${formatCount(last)}`
  const left = [
    ...(counts.refused > 0 ? [`${formatCount(counts.refused)} refused`] : []),
    ...(counts.repeats > 0 ? [count(counts.repeats, 'repeat')] : [])
  ]
  return [
    `${title(learner, recorded)}: ${count(rows, 'row')}${which} in ${formatDuration(elapsedMs)}`,
    ...(left.length > 0 ? [`Left out: ${left.join(', ')}`] : []),
    ...(after > 0
      ? [`Kept from record ${formatCount(after + 1)} on: the model as served knew the ones before, too`]
      : [])
  ]
}

function title(learner: string, { learner: model }: SettingsCommand): string {
  return learner === model ? model : `${shownText(learner)} (${model})`
}

/** Does another one beat what was served, over the rows that all were scored on? In one to three lines. */
function verdict({ standings, comparableFrom, rows }: JournalOutcome): string[] {
  const served = bestOf(standings.slice(0, 1))
  const best = bestOf(standings.slice(1))
  if (served === undefined || best === undefined) return ['No row was scored.']
  return [...comparedRows(comparableFrom, rows), ...sentences(best, served)]
}

function sentences(best: Scored, served: Scored): string[] {
  const difference = errorDifference(best.comparableMae, served.comparableMae)
  if (best.comparableMae === served.comparableMae) return [`${scoreOf(best)} has ${difference} as the model as served.`]
  return best.comparableMae < served.comparableMae
    ? [`${scoreOf(best)} wins.`, `It has ${difference} than ${scoreOf(served)}.`]
    : [`Nothing beats ${scoreOf(served)}.`, `The best of the others, ${scoreOf(best)}, has ${difference}.`]
}

/** The outcome for machines: one JSON document, null where a measure does not exist. */
function comparisonJson(outcome: JournalOutcome): string {
  const { learner, recorded, first, last, rows, counts, isComplete, standings, comparableFrom, parameters } = outcome
  return JSON.stringify(
    {
      learner,
      model: recorded.learner,
      rows,
      first: first ?? null,
      last: last ?? null,
      refused: counts.refused,
      repeats: counts.repeats,
      ...(isComplete ? {} : { incomplete: true }),
      comparableFrom: comparableFrom ?? null,
      models: standings.map((standing, index) => ({
        ...standingJson(standing),
        served: index === 0,
        parameters: parameters[index]
      }))
    },
    null,
    2
  )
}
