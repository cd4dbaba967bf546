import type { ModelServer, ServedVersion } from '@millrace/engine'
import type { SampleReply } from '@millrace/protocol'
import { askModel } from './ask-model.ts'
import { isObject, own } from './body-reader.ts'
import { classesOf } from './classes.ts'
import { columnsOf, type Matrix } from './matrix.ts'

const sampleRows = 5

/**
 * Five rows with the classes that are right for them: as the trainer kept them in the metadata, else made from the ranges
 * of the features, with what the model says of them now.
 */
export async function sampleOf(models: Pick<ModelServer, 'resolve' | 'infer'>, model: string): Promise<SampleReply> {
  const { served } = await models.resolve(model)
  const kept = keptSample(served)
  if (kept !== undefined) return reply(served, kept.rows, kept.labels, 'Rows of held-out data with their classes.')
  const rows = madeRows(served)
  const matrix: Matrix = { rows, place: () => ['query', 'model'] }
  const { labels } = classesOf(await askModel(models, { model, matrix }))
  return reply(
    served,
    rows,
    labels,
    'Made-up rows within the ranges of the features, with what the model says of them.'
  )
}

function reply(
  { model }: ServedVersion,
  rows: readonly (readonly number[])[],
  labels: readonly (number | string)[],
  message: string
): SampleReply {
  const test_input = rows as number[][]
  return {
    message,
    model_name: model,
    test_input,
    expected_output: labels as (number | string)[],
    sample_input: test_input
  }
}

/** What the metadata hold under `sample`, if it is what it should be. */
function keptSample({ metadata }: ServedVersion): { rows: number[][]; labels: number[] } | undefined {
  const sample = metadata.raw['sample']
  if (!isObject(sample)) return undefined
  const [rows, labels] = [own(sample, 'test_input'), own(sample, 'expected_output')]
  const isWhole = Array.isArray(rows) && rows.every(isNumbers) && isNumbers(labels) && rows.length === labels.length
  return isWhole ? { rows, labels } : undefined
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(Number.isFinite)
}

/** Evenly from the lower to the upper end of each range: at 10, 30, 50, 70 and 90 percent of it. */
function madeRows(served: ServedVersion): number[][] {
  const columns = columnsOf(served) ?? 1
  return Array.from({ length: sampleRows }, (_, row) =>
    Array.from({ length: columns }, (_each, column) => {
      const { min = 0, max = 1 } = served.metadata.features[column] ?? {}
      return Number((min + ((max - min) * (2 * row + 1)) / (2 * sampleRows)).toPrecision(6))
    })
  )
}
