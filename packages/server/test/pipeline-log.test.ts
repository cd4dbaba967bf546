import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StepDone } from '@millrace/engine'
import type { WireMetrics, WireObservation } from '../src/pipeline/http-ports.ts'
import { exhaustedMessage, failedMessage, logLine, stepMessages, timestamp } from '../src/pipeline/log-lines.ts'

const end = new Date(2024, 0, 15, 10, 30, 5, 42).getTime() + 0.25 // local time, 42.25 ms after the second

const step: StepDone<WireObservation, WireMetrics> = {
  outcome: 'done',
  observation: { observation_id: 3, input: '1949-03', target: 132, remaining: 741 },
  id: 'sample/0/2',
  isCommitted: true,
  features: { in_1: 118, in_2: 112.5 },
  target: 132,
  availableLags: 2,
  models: [
    model('Linear', 2.2333, { count: 3, mae: 119.9222, rmse: 120.049, mape: 99.004 }, 12.4),
    model('Ridge', 140.5, { count: 3, mae: 1.005, rmse: 2, mape: 0 }, 3),
    { label: 'KNN', prediction: undefined, metrics: undefined, error: new Error('down'), ms: 10_000 },
    { label: 'AMFR', prediction: 115, metrics: undefined, error: new Error('down'), ms: 1 }
  ],
  ms: 10_012.4
}

function model(label: string, prediction: number, metrics: WireMetrics, ms: number) {
  return { label, prediction, metrics, error: undefined, ms }
}

test('a step is told in the documented order and form', () => {
  assert.deepEqual(stepMessages(step, end), [
    '=== E2E PIPELINE START ===',
    '[1/4] SUCCESS: Ingestion - {"observation_id": 3, "input": "1949-03", "target": 132, "remaining": 741}',
    '[2/4] SUCCESS: Features extracted: 2 inputs, 2 lags available',
    '  Feature breakdown:',
    '    in_1: 118.0',
    '    in_2: 112.5',
    '[3/4] SUCCESS: Model predictions (parallel execution):',
    '  Model     : Linear: Linear | Ridge: Ridge | KNN: KNN | AMFR: AMFR',
    '  Prediction: Linear: 2.2333 | Ridge: 140.5000 | KNN: ERROR | AMFR: 115.0000',
    '  MAE       : Linear: 119.92 | Ridge: 1.00 | KNN: - | AMFR: -',
    '  RMSE      : Linear: 120.05 | Ridge: 2.00 | KNN: - | AMFR: -',
    '  MAPE      : Linear: 99.00 | Ridge: 0.00 | KNN: - | AMFR: -',
    '  Count     : Linear: 3 | Ridge: 3 | KNN: - | AMFR: -',
    '  Error     : Linear: 129.77 | Ridge: -8.50 | KNN: - | AMFR: 17.00',
    '  Time      : Linear: 0.012s | Ridge: 0.003s | KNN: 10.000s | AMFR: 0.001s',
    '',
    '[4/4] SUCCESS: All 4 models trained in parallel',
    '=== E2E PIPELINE COMPLETE: 2024-01-15 10:30:05.042250 | Duration: 10.012s ==='
  ])
})

test('a timestamp is local time with six digits of fraction', () => {
  assert.equal(timestamp(new Date(2024, 11, 31, 23, 59, 59, 999).getTime()), '2024-12-31 23:59:59.999000')
  assert.equal(timestamp(new Date(2025, 1, 3, 4, 5, 6, 0).getTime()), '2025-02-03 04:05:06.000000')
})

test('a line is the timestamp, a colon and the message, also when the message is empty', () => {
  assert.equal(logLine(end, exhaustedMessage), `2024-01-15 10:30:05.042250: ${exhaustedMessage}`)
  assert.equal(logLine(end, ''), '2024-01-15 10:30:05.042250: ')
})

test('the two endings without a step keep their words', () => {
  assert.equal(exhaustedMessage, 'INFO: No more observations available - stream exhausted')
  assert.equal(failedMessage(new Error('no answer')), 'ERROR: Pipeline failed: no answer')
})
