import type { ParseArgsOptionsConfig } from 'node:util'
import { type ContenderName, contenderNames } from '@millrace/engine'
import { chosen, integerOption, parseFlags, usageError } from './usage.ts'

/** What `millrace replay` was asked to do. */
export interface ReplayOptions {
  file: string
  target: string | undefined
  time: string | undefined
  lags: number | undefined
  season: number
  models: readonly ContenderName[]
  limit: number
  seed: number
  /** Undefined: as fast as it goes. */
  rowsPerSecond: number | undefined
  output: 'text' | 'json' | 'csv'
}

/** What `millrace replay --help` prints. */
export const replayHelp = `Usage: millrace replay FILE.csv [options]

Progressive validation: every model predicts each row of the file before it
learns it, and so do two baselines, rules without learning that a model has to
beat.

Options
  --target COL   column to predict; by default the column called target, else
                 the last numeric one
  --time COL     column that labels the rows; by default the first column when
                 it is not numeric
  --lags N       add the last N targets as features in_1 (the latest) to in_N,
                 0 where there is none yet; by default 15 when no other column
                 is numeric, else 0
  --season N     rows in a season, for seasonal_naive (default 12)
  --models A,B   some of: ${contenderNames.slice(0, 3).join(', ')},
                 ${contenderNames.slice(3).join(', ')} (default all)
  --limit N      stop after N rows
  --seed N       seed of the models that draw random numbers (default 42)
  --speed S      rows a second, as in 100/s; or max (default)
  --json         print one JSON document instead of the table and the chart
  --csv          print every row and its predictions as CSV
  --help         print this

Columns
  The first line names the columns. All numeric columns but the target and the
  time are features. The first cell that is not empty decides whether a column
  is numeric; a column that is not is left out. An empty cell of a feature means
  that the row does not have that feature; the target must not be empty.

Scores
  A row that a model cannot predict yet is learned but not scored. Who wins is
  decided over the rows that all were scored on. MAPE leaves out rows whose
  target is 0. Time is for predicting and learning one row.

Ctrl-C stops and shows the scores so far.
Exit code: 0 done, 1 bad data or output, 2 used wrongly, 130 stopped.
`

const flags = {
  target: { type: 'string' },
  time: { type: 'string' },
  lags: { type: 'string' },
  season: { type: 'string', default: '12' },
  models: { type: 'string' },
  limit: { type: 'string' },
  seed: { type: 'string', default: '42' },
  speed: { type: 'string', default: 'max' },
  json: { type: 'boolean', default: false },
  csv: { type: 'boolean', default: false }
} as const satisfies ParseArgsOptionsConfig

/** @throws {MillraceError} MILL_OPTION_INVALID */
export function parseReplayOptions(args: string[]): ReplayOptions {
  const { values, positionals } = parseFlags({ args, options: flags, allowPositionals: true })
  const [file, ...more] = positionals
  if (file === undefined) throw usageError('name the CSV file to replay')
  if (more.length > 0) throw usageError(`one file at a time, got also ${more.join(' ')}`)
  if (values.json && values.csv) throw usageError('--json and --csv exclude each other')
  return {
    file,
    target: values.target,
    time: values.time,
    lags: values.lags === undefined ? undefined : integerOption('lags', values.lags, 0, mostLags),
    season: integerOption('season', values.season, 1, 1_000_000),
    models: values.models === undefined ? contenderNames : modelList(values.models),
    limit: values.limit === undefined ? Infinity : integerOption('limit', values.limit, 1),
    seed: integerOption('seed', values.seed, 0),
    rowsPerSecond: rowsPerSecond(values.speed),
    output: values.json ? 'json' : values.csv ? 'csv' : 'text'
  }
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
