import type { ParseArgsOptionsConfig } from 'node:util'
import { baselineNames, type ContenderName, contenderNames } from '@millrace/engine'
import { parseRange } from './journal-range.ts'
import { type Configuration, type Configurations, parseConfigurations } from './replay-configurations.ts'
import { chosen, integerOption, parseFlags, usageError } from './usage.ts'

/** What `millrace replay FILE.csv` was asked to do. */
export interface ReplayOptions {
  file: string
  target: string | undefined
  time: string | undefined
  lags: number | undefined
  season: number
  models: readonly ContenderName[]
  /** Learners with other settings, besides `models`. */
  configurations: readonly Configuration[]
  limit: number
  seed: number
  /** Undefined: as fast as it goes. */
  rowsPerSecond: number | undefined
  output: 'text' | 'json' | 'csv'
}

/** What `millrace replay --journal LEARNER` was asked to do. */
export interface JournalReplayOptions {
  /** Id of the learner, or path of its journal. */
  journal: string
  dataDir: string | undefined
  configurations: Configurations
  /** Position of the first record whose prediction is scored; undefined for the first there is. */
  from: number | undefined
  /** Position of the last record. */
  to: number
  season: number
  /** Undefined: the one that was recorded. */
  seed: number | undefined
  output: ReplayOptions['output']
}

/** What `millrace replay --help` prints. */
export const replayHelp = `Usage: millrace replay FILE.csv [options]
       millrace replay --journal LEARNER [--model NAME [--set NAME=VALUE]…]…

Progressive validation: every model predicts each row of the file before it
learns it, and so do two baselines, rules without learning that a model has to
beat. With --journal the rows are what a learner was told, and the models, with
whatever settings, are compared with the learner as it was served.

Options
  --model NAME   a model to run, or a baseline; may be given many times
  --set X=V      a setting of the --model before it; without any --model, of the
                 recorded one. Any name works that the model knows it by
  --season N     rows in a season, for seasonal_naive (default 12)
  --seed N       seed of the models that draw random numbers (default 42, or
                 the recorded one)
  --json         print one JSON document instead of the table and the chart
  --csv          print every row and its predictions as CSV
  --help         print this

Options for a file
  --target COL   column to predict; by default the column called target, else
                 the last numeric one
  --time COL     column that labels the rows; by default the first column when
                 it is not numeric
  --lags N       add the last N targets as features in_1 (the latest) to in_N,
                 0 where there is none yet; by default 15 when no other column
                 is numeric, else 0
  --models A,B   some of: ${contenderNames.slice(0, 3).join(', ')},
                 ${contenderNames.slice(3).join(', ')}; by default all, or the
                 baselines where there is a --model
  --limit N      stop after N rows
  --speed S      rows a second, as in 100/s; or max (default)

Options for a journal
  --data-dir DIR  the data folder; by default that of MILLRACE_DATA_DIR
  --from N        score from record N on; all learn what comes before, too
  --to N          stop after record N

Columns of a file
  The first line names the columns. All numeric columns but the target and the
  time are features. The first cell that is not empty decides whether a column
  is numeric; a column that is not is left out. An empty cell of a feature means
  that the row does not have that feature; the target must not be empty.

Journals
  A learner is named by its id, as \`millrace journal ls\` shows it, or by the
  path of its journal's folder; that of a backup will do. A model of the same
  name begins with the recorded settings, another one with its defaults, and
  all have the recorded limits. With the same settings come the same scores, to
  the last digit, where the journal is kept from its beginning and holds no
  labels of earlier predictions: those were scored as they had been made.

Scores
  A row that a model cannot predict yet is learned but not scored. Who wins is
  decided over the rows that all were scored on. MAPE leaves out rows whose
  target is 0. Time is for predicting and learning one row.

Ctrl-C stops and shows the scores so far.
Exit code: 0 done, 1 bad data or output, 2 used wrongly, 130 stopped.
`

const flags = {
  model: { type: 'string', multiple: true },
  set: { type: 'string', multiple: true },
  season: { type: 'string' },
  seed: { type: 'string' },
  json: { type: 'boolean', default: false },
  csv: { type: 'boolean', default: false },
  target: { type: 'string' },
  time: { type: 'string' },
  lags: { type: 'string' },
  models: { type: 'string' },
  limit: { type: 'string' },
  speed: { type: 'string' },
  journal: { type: 'string' },
  'data-dir': { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' }
} as const satisfies ParseArgsOptionsConfig

const fileOnly = ['target', 'time', 'lags', 'models', 'limit', 'speed'] as const
const journalOnly = ['data-dir', 'from', 'to'] as const

/** @throws {MillraceError} MILL_OPTION_INVALID */
export function parseReplayOptions(args: string[]): ReplayOptions | JournalReplayOptions {
  const { values, positionals, tokens } = parseFlags({ args, options: flags, allowPositionals: true, tokens: true })
  if (values.json && values.csv) throw usageError('--json and --csv exclude each other')
  const misplaced = (values.journal === undefined ? journalOnly : fileOnly).find(name => values[name] !== undefined)
  if (misplaced !== undefined) {
    throw usageError(
      `--${misplaced} is for ${values.journal === undefined ? '--journal' : 'a file, not for --journal'}`
    )
  }
  const common = {
    season: values.season === undefined ? 12 : integerOption('season', values.season, 1, 1_000_000),
    seed: values.seed === undefined ? undefined : integerOption('seed', values.seed, 0),
    output: values.json ? ('json' as const) : values.csv ? ('csv' as const) : ('text' as const)
  }
  const configurations = parseConfigurations(tokens)
  if (values.journal !== undefined) {
    if (positionals.length > 0) throw usageError(`either a file or --journal, got also ${positionals.join(' ')}`)
    const { from, to } = parseRange(values)
    return { journal: values.journal, dataDir: values['data-dir'], configurations, from, to, ...common }
  }
  const { list } = configurations
  const models = values.models === undefined ? standardModels(list) : modelList(values.models)
  checkAgainstFile(configurations, models)
  return {
    file: oneFile(positionals),
    target: values.target,
    time: values.time,
    lags: values.lags === undefined ? undefined : integerOption('lags', values.lags, 0, mostLags),
    models,
    configurations: list,
    limit: values.limit === undefined ? Infinity : integerOption('limit', values.limit, 1),
    rowsPerSecond: rowsPerSecond(values.speed ?? 'max'),
    ...common,
    seed: common.seed ?? 42
  }
}

function oneFile([file, ...more]: readonly string[]): string {
  if (file === undefined) throw usageError('name the CSV file to replay, or a learner with --journal')
  if (more.length > 0) throw usageError(`one file at a time, got also ${more.join(' ')}`)
  return file
}

function standardModels(configurations: readonly Configuration[]): readonly ContenderName[] {
  const given = new Set(configurations.map(({ label }) => label))
  return configurations.length === 0 ? contenderNames : baselineNames.filter(name => !given.has(name))
}

function checkAgainstFile({ list, loose }: Configurations, models: readonly string[]): void {
  const [first] = Object.entries(loose)
  if (first !== undefined) throw usageError(`--set ${first.join('=')} needs a --model before it`)
  const twice = list.find(({ label }) => models.includes(label))
  if (twice !== undefined) throw usageError(`--model ${twice.label} is among --models already`)
}

const mostLags = 1000

function modelList(text: string): ContenderName[] {
  return [...new Set(text.split(',').map(name => chosen('model', name.trim(), contenderNames)))]
}

function rowsPerSecond(text: string): number | undefined {
  if (text === 'max') return undefined
  const value = Number(/^(\d+(?:\.\d+)?)\/s$/.exec(text)?.[1] ?? NaN)
  if (value > 0) return value
  throw usageError(`--speed must be max or rows a second as in 100/s, got ${text}`)
}
