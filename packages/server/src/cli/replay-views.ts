import type { ReplayRow, Standing } from '@millrace/engine'
import type { Environment } from './command.ts'
import type { CommandProcess, OutputStream } from './command-process.ts'
import { createCsvOutput, csvField } from './csv-output.ts'
import { hasColour } from './has-colour.ts'
import { print } from './print.ts'
import { ReplayChart } from './replay-chart.ts'

/** What every replay comes to. */
export interface ReplayResult {
  rows: number
  /** False when somebody stopped it. */
  isComplete: boolean
}

/** How what a replay came to is told. */
export interface ReplayTelling<Outcome extends ReplayResult> {
  /** Heads of the two columns that say which row it is. */
  heads: readonly [string, string]
  /** For people, as lines of text. */
  report(outcome: Outcome, hasColour: boolean): string[]
  /** For machines. */
  json(outcome: Outcome): string
  /** Whose predictions a chart shows. */
  shown(outcome: Outcome): Standing | undefined
}

/** How a replay is shown. */
export interface ReplayView<Outcome extends ReplayResult> {
  /**
   * A row went through. When it returns a promise, wait before going on.
   * @param number of the row
   * @param predictions undefined where a model could not predict
   */
  row(
    number: number,
    row: Pick<ReplayRow, 'label' | 'target'>,
    predictions: readonly (number | undefined)[]
  ): Promise<void> | undefined
  /** Show all there is: the next row may take a while. */
  flush(): Promise<void>
  finish(outcome: Outcome): Promise<void>
}

/** What a view is made of. */
export interface ReplayViewOptions<Outcome extends ReplayResult> {
  output: 'text' | 'json' | 'csv'
  /** The names of those who predict, in the order of their predictions. */
  models: readonly string[]
  telling: ReplayTelling<Outcome>
  host: Pick<CommandProcess, 'stdout' | 'stderr'>
  env: Environment
  signal: AbortSignal
}

/** The view for people, or one of those for programs. */
export function createView<Outcome extends ReplayResult>(options: ReplayViewOptions<Outcome>): ReplayView<Outcome> {
  if (options.output === 'json') return jsonView(options)
  if (options.output === 'csv') return csvView(options)
  return textView(options)
}

/** The terminal for a progress bar, unless there is none or it shows the rows themselves. */
export function progressTerminal({
  output,
  env,
  host: { stdout, stderr }
}: Pick<ReplayViewOptions<never>, 'output' | 'env' | 'host'>): OutputStream | undefined {
  if (stderr.isTTY !== true || env['TERM'] === 'dumb') return undefined
  return output === 'csv' && stdout.isTTY === true ? undefined : stderr
}

const defaultWidth = 80

/** For people: nothing until the end, then table, verdict and chart. */
function textView<Outcome extends ReplayResult>(options: ReplayViewOptions<Outcome>): ReplayView<Outcome> {
  const { models, telling, env } = options
  const { stdout } = options.host
  const isColoured = stdout.isTTY === true && hasColour(env)
  const chart = new ReplayChart(models.length)
  return {
    row(_, { label, target }, predictions) {
      chart.add(label, target, predictions)
      return undefined
    },
    flush: async () => undefined,
    async finish(outcome) {
      const lines = telling.report(outcome, isColoured)
      const best = telling.shown(outcome)
      if (best !== undefined) {
        const model = { index: models.indexOf(best.name), name: best.name }
        const width = stdout.columns ?? defaultWidth
        lines.push('', ...chart.lines(model, { width, hasColour: isColoured, rows: outcome.rows }))
      }
      await print(stdout, `${lines.join('\n')}\n`)
    }
  }
}

/** For programs: one JSON document at the end. */
function jsonView<Outcome extends ReplayResult>({ telling, host }: ReplayViewOptions<Outcome>): ReplayView<Outcome> {
  return {
    row: () => undefined,
    flush: async () => undefined,
    finish: outcome => print(host.stdout, `${telling.json(outcome)}\n`)
  }
}

/** For programs: each row as a line of CSV; at the end the table on `stderr` when a person looks at that, or stopped it. */
function csvView<Outcome extends ReplayResult>({
  models,
  telling,
  host: { stdout, stderr },
  signal
}: ReplayViewOptions<Outcome>): ReplayView<Outcome> {
  const csv = createCsvOutput(stdout, signal)
  void csv.line([...telling.heads, 'actual', ...models.map(csvField)])
  return {
    row(number, { label, target }, predictions) {
      // String gives the shortest decimals that read back as the same number.
      const cells = predictions.map(prediction => (prediction === undefined ? '' : String(prediction)))
      return csv.line([String(number), csvField(label), String(target), ...cells])
    },
    flush: csv.flush,
    async finish(outcome) {
      await csv.flush()
      if (stderr.isTTY === true || !outcome.isComplete) {
        await print(stderr, `${telling.report(outcome, false).join('\n')}\n`)
      }
    }
  }
}
