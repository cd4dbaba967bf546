import type { ParseArgsOptionsConfig } from 'node:util'
import { baselineNames, type ContenderName, contenderNames } from '@millrace/engine'
import { parseRange, positionFlags } from './journal-range.ts'
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
  ...positionFlags
} as const satisfies ParseArgsOptionsConfig

const fileOnly = ['target', 'time', 'lags', 'models', 'limit', 'speed'] as const
const journalOnly = ['data-dir', ...(Object.keys(positionFlags) as (keyof typeof positionFlags)[])] as const

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
