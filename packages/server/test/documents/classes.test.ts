import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '@millrace/common'
import type { NamedTensor } from '@millrace/runtime'
import { post } from './json.ts'
import { scriptedApp } from './scripted-app.ts'
import { labels, matrix, type Script } from './scripted-models.ts'

const chances = [
  [0.25, 0.5, 0.25],
  [0.5, 0.125, 0.375]
]
const probabilities = (name: string, rows: number[][]) => matrix(name, chances.slice(0, rows.length))
const texts = (name: string, data: string[]): NamedTensor => ({ name, datatype: 'BYTES', shape: [data.length], data })

/** What a model answers to two rows, however it writes it. */
async function said(script: Script): Promise<[unknown, unknown]> {
  const { app } = scriptedApp({ data_model: script })
  const { status, body } = await post(app, '/predict', { data: [[1], [2]] })
  assert.equal(status, 200, JSON.stringify(body))
  return [body['predictions'], body['probabilities']]
}

test('classes and probabilities are found by type, whatever they are called and in whatever order', async () => {
  const first = await said({ answer: rows => [labels('a', [1, 0]), probabilities('b', rows)] })
  const last = await said({ answer: rows => [probabilities('b', rows), labels('a', [1, 0])] })
  assert.deepEqual(first, [[1, 0], chances])
  assert.deepEqual(last, first)
})

test('the metadata say which output means what', async () => {
  const script: Script = {
    metadata: { outputs: { prediction: 'label', probabilities: 'calibrated' } },
    answer: rows => [
      labels('version', [9, 9]),
      matrix(
        'scores',
        rows.map(() => [7, 8, 9])
      ),
      probabilities('calibrated', rows),
      labels('label', [2, 1])
    ]
  }
  assert.deepEqual(await said(script), [[2, 1], chances])
})

test('a model of probabilities alone says the class of the largest', async () => {
  assert.deepEqual(await said({ answer: rows => [probabilities('p', rows)] }), [[1, 0], chances])
  const named: Script = { classLabels: [['p', ['3', '5', '8']]], answer: rows => [probabilities('p', rows)] }
  assert.deepEqual(await said(named), [[5, 3], chances])
})

function text(data: string[]): Script['answer'] {
  return rows => [texts('label', data), probabilities('p', rows)]
}

test('a class that is named is told by its number, or its place among the classes', async () => {
  assert.deepEqual((await said({ answer: text(['7', '3']) }))[0], [7, 3])
  const metadata = { classNames: ['no', 'yes', ''] }
  assert.deepEqual((await said({ metadata, answer: text(['yes', '']) }))[0], [1, 2])
  assert.deepEqual((await said({ answer: text(['yes', 'no']) }))[0], ['yes', 'no'])
})

test('a regression says its values and no probabilities', async () => {
  assert.deepEqual(await said({ answer: () => [matrix('value', [[1.5], [2.5]])] }), [[1.5, 2.5], []])
})

test('a model without numbers to tell, or that takes no matrix, is refused with a reason', async () => {
  const half: NamedTensor = { name: 'p', datatype: 'FP16', shape: [2, 3], data: new Uint16Array(6) }
  const bad: [Script, number, RegExp][] = [
    [{ answer: () => [half] }, 501, /model data_model has no output that holds predictions/],
    [{ metadata: { outputs: { prediction: 'p' } }, answer: () => [half] }, 501, /output p of type FP16/],
    [{ inputs: [{ name: 'text', datatype: 'BYTES', shape: [-1, 1] }], answer: () => [] }, 422, /text BYTES \[-1, 1\]/],
    [{ inputs: [{ name: 'image', datatype: 'FP32', shape: [-1, 3, 8, 8] }], answer: () => [] }, 422, /\/v2\/models\//],
    [
      {
        inputs: [
          { name: 'a', datatype: 'FP32', shape: [-1, 1] },
          { name: 'b', datatype: 'FP32', shape: [-1, 1] }
        ],
        answer: () => []
      },
      422,
      /a FP32 .*b FP32/
    ]
  ]
  for (const [script, status, message] of bad) {
    const { app } = scriptedApp({ data_model: script })
    const reply = await post(app, '/predict', { data: [[1], [2]] })
    assert.equal(reply.status, status)
    assert.match(String(reply.body['message']), message)
  }
})

const answer: Script['answer'] = rows => [labels('a', [1, 0]), probabilities('b', rows)]

async function asked(scripts: Record<string, Script>): Promise<unknown> {
  const { app } = scriptedApp(scripts)
  const { status, body } = await post(app, '/predict', { data: [[1], [2]] })
  return status === 200 ? (body['model_info'] as { model_name: string }).model_name : body['code']
}

test('where the configured model is not there a lone file answers, if there is one of them', async () => {
  assert.equal(await asked({ mine: { answer, isFlat: true }, other: { answer } }), 'mine')
  assert.equal(await asked({ mine: { answer, isFlat: true }, data_model: { answer } }), 'data_model')
  assert.equal(await asked({ mine: { answer, isFlat: true }, yours: { answer, isFlat: true } }), 'MILL_MODEL_NOT_FOUND')
  assert.equal(await asked({ mine: { answer } }), 'MILL_MODEL_NOT_FOUND')
})

function failing(rows: number[][]): NamedTensor[] {
  if (rows.some(([value]) => value! < 0)) throw new MillraceError('MILL_RUN_FAILED', 'it is negative')
  return [labels('a', [1, 0]), probabilities('b', rows)]
}

test('a batch that nothing can answer fails as a whole, one that some can answer does not', async () => {
  const { app } = scriptedApp({})
  const none = await post(app, '/predict/batch', [{ data: [[1], [2]] }])
  assert.deepEqual([none.status, none.body['code']], [404, 'MILL_MODEL_NOT_FOUND'])
  const { app: some } = scriptedApp({ data_model: { answer: failing } })
  const bad = { data: [[-1], [-2]] }
  const all = await post(some, '/predict/batch', [bad, bad])
  assert.deepEqual([all.status, all.body['code']], [500, 'MILL_RUN_FAILED'])
  const { status, body } = await post(some, '/predict/batch', [bad, { data: [[1], [2]] }])
  assert.equal(status, 200)
  assert.deepEqual(
    body.map(each => (each as { predictions: number[] }).predictions),
    [[], [1, 0]]
  )
})
