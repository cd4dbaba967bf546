import type { ReplayRow } from '@millrace/engine'
import type { OutputStream } from './command-process.ts'
import { createCsvOutput, csvField } from './csv-output.ts'
import { print } from './print.ts'
import { ReplayChart } from './replay-chart.ts'
import { bestOf, replayJson, type ReplayOutcome, replayReport } from './replay-report.ts'

/** How a replay is shown. */
export interface ReplayView {
  /**
   * A row went through; rows are numbered from 1. When it returns a promise, wait before going on.
   * @param predictions undefined where a model could not predict
   */
  row(number: number, row: ReplayRow, predictions: readonly (number | undefined)[]): Promise<void> | undefined
  /** Show all there is: the next row may take a while. */
  flush(): Promise<void>
  finish(outcome: ReplayOutcome): Promise<void>
}

const defaultWidth = 80

/** For people: nothing until the end, then table, verdict and chart. */
export function textView(stdout: OutputStream, models: readonly string[], hasColour: boolean): ReplayView {
  const chart = new ReplayChart(models.length)
  return {
    row(_, { label, target }, predictions) {
      chart.add(label, target, predictions)
      return undefined
    },
    flush: async () => undefined,
    async finish(outcome) {
      const lines = replayReport(outcome, hasColour)
      const best = bestOf(outcome.standings, false) ?? bestOf(outcome.standings, true)
      if (best !== undefined) {
        const model = { index: models.indexOf(best.name), name: best.name }
        const width = stdout.columns ?? defaultWidth
        lines.push('', ...chart.lines(model, { width, hasColour, rows: outcome.rows }))
      }
      await print(stdout, `${lines.join('\n')}\n`)
    }
  }
}

/** For programs: one JSON document at the end. */
export function jsonView(stdout: OutputStream): ReplayView {
  return {
    row: () => undefined,
    flush: async () => undefined,
    finish: outcome => print(stdout, `${replayJson(outcome)}\n`)
  }
}

/** For programs: each row as a line of CSV; at the end the table on `stderr` when a person looks at that, or stopped it. */
export function csvView(
  { stdout, stderr }: { stdout: OutputStream; stderr: OutputStream },
  models: readonly string[],
  signal: AbortSignal
): ReplayView {
  const csv = createCsvOutput(stdout, signal)
  void csv.line(['row', 'label', 'actual', ...models])
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
        await print(stderr, `${replayReport(outcome, false).join('\n')}\n`)
      }
    }
  }
}
