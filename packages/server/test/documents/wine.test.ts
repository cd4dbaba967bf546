import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wineFeatureNames } from '@millrace/protocol'
import { post } from './json.ts'
import { scriptedApp } from './scripted-app.ts'
import { labels, matrix, type Script } from './scripted-models.ts'

/** Of the documentation: the ranges of all red wines that are known. */
const ranges: Record<string, [min: number, max: number]> = {
  fixed_acidity: [4, 16],
  volatile_acidity: [0.1, 2],
  citric_acid: [0, 1.5],
  residual_sugar: [0.5, 20],
  chlorides: [0.01, 0.7],
  free_sulfur_dioxide: [1, 100],
  total_sulfur_dioxide: [5, 300],
  density: [0.99, 1.01],
  ph: [2.5, 4.5],
  sulphates: [0.3, 2],
  alcohol: [8, 15]
}
const values = [7.4, 0.7, 0, 1.9, 0.076, 11, 34, 0.9978, 3.51, 0.56, 9.4]
const named = Object.fromEntries(wineFeatureNames.map((name, index) => [name, values[index]]))

/** A quality for each wine: its alcohol less 3, which is 6.4 for the wine of the documentation. */
const wine: Script = {
  inputs: [{ name: 'wine', datatype: 'FP64', shape: [-1, 11] }],
  metadata: {
    features: Object.entries(ranges).map(([name, [min, max]]) => ({ name, min, max })),
    outputs: { prediction: 'quality', probabilities: 'chances' }
  },
  answer: rows => [
    labels(
      'quality',
      rows.map(row => Math.trunc(row.at(-1)! - 3))
    ),
    matrix(
      'chances',
      rows.map(() => [0.1, 0.87004, 0.02996])
    )
  ]
}

test('a wine is judged in every form that the documents know', async () => {
  const { app, models } = scriptedApp({ wine_quality: wine })
  for (const body of [{ features: values }, { wine_features: named }, { features: named }]) {
    for (const url of ['/predict', '/api/predict']) {
      const reply = await post(app, url, { ...body, request_id: 'r1' })
      assert.deepEqual(reply.body, {
        prediction: 6,
        confidence: 0.87,
        model_version: '1.0',
        processing_time_ms: 1.2346,
        features_processed: 11,
        request_id: 'r1',
        routing: { model: 'wine_quality', version: '1.0', reason: 'default' }
      })
    }
  }
  for (const { inputs } of models.asked) assert.deepEqual([...inputs[0]!.data], values)
})

test('names may come in any order, with others between', async () => {
  const { app, models } = scriptedApp({ wine_quality: wine })
  const shuffled = Object.fromEntries([['colour', 'red'], ...Object.entries(named).toReversed()])
  assert.equal((await post(app, '/predict', { wine_features: shuffled })).status, 200)
  assert.deepEqual([...models.asked[0]!.inputs[0]!.data], values)
})

test('a quality beyond those there are is the nearest that there is', async () => {
  for (const [quality, prediction] of [
    [-7, 3],
    [2, 3],
    [8, 8],
    [9, 8]
  ] as const) {
    const { app } = scriptedApp({ wine_quality: { ...wine, answer: () => [labels('quality', [quality])] } })
    const { body } = await post(app, '/predict', { features: values })
    assert.equal(body['prediction'], prediction)
    assert.equal(body['confidence'], null)
  }
})

test('every feature outside of its range is named, the ends of the range are within', async () => {
  const { app } = scriptedApp({ wine_quality: wine })
  for (const [column, name] of wineFeatureNames.entries()) {
    const [min, max] = ranges[name]!
    for (const value of [min, max]) {
      assert.equal((await post(app, '/predict', { features: values.with(column, value) })).status, 200, name)
    }
    for (const [value, type, limit] of [
      [min - 0.001, 'greater_than_equal', min],
      [max + 0.001, 'less_than_equal', max]
    ] as const) {
      const words = type === 'less_than_equal' ? 'less than or equal to' : 'greater than or equal to'
      const msg = `${name}: Input should be ${words} ${limit}`
      const list = await post(app, '/predict', { features: values.with(column, value) })
      assert.equal(list.status, 422)
      assert.deepEqual(list.body['detail'], [{ type, loc: ['body', 'features', column], msg, input: value }])
      const object = await post(app, '/predict', { wine_features: { ...named, [name]: value } })
      assert.deepEqual(object.body['detail'], [{ type, loc: ['body', 'wine_features', name], msg, input: value }])
    }
  }
  const all = await post(app, '/predict', { features: values.map(() => 1e6) })
  assert.equal((all.body['detail'] as unknown[]).length, 11)
})

test('wines of a batch go to the model at once as one request, and each has an answer', async () => {
  const { app, models } = scriptedApp({ wine_quality: wine })
  const document = '{"features_list": [[7.4, 0.7, 0.0, 1.9, 0.076, 11.0, 34.0, 0.9978, 3.51, 0.56, 9.4]]}'
  const one = await post(app, '/predict/batch', document, { 'x-request-id': 'h' })
  const answer = {
    prediction: 6,
    confidence: 0.87,
    model_version: '1.0',
    processing_time_ms: 1.2346,
    features_processed: 11,
    request_id: 'h',
    routing: { model: 'wine_quality', version: '1.0', reason: 'default' }
  }
  assert.deepEqual(one.body, [answer])
  const list = [values, named, values.with(10, 11)]
  const three = await post(app, '/predict/batch', { features_list: list, request_id: 'b' })
  assert.deepEqual(
    three.body,
    [6, 6, 8].map(prediction => ({
      ...answer,
      prediction,
      processing_time_ms: 0.4115, // a third of 1.23456
      request_id: 'b'
    }))
  )
  assert.equal(models.asked.length, 2)
})

test('a wine of a batch that is none refuses all, before the model is asked', async () => {
  const { app, models } = scriptedApp({ wine_quality: wine })
  const { alcohol: _, ...missing } = named
  const bad: [unknown, (string | number)[]][] = [
    [values.slice(1), [1]],
    [values.with(4, '0.076' as unknown as number), [1, 4]],
    [values.with(10, 16), [1, 10]],
    [{ ...named, ph: 5 }, [1, 'ph']],
    [{ ...named, ph: null }, [1, 'ph']],
    [missing, [1, 'alcohol']],
    ['wine', [1]],
    [null, [1]],
    [7, [1]]
  ]
  for (const [value, loc] of bad) {
    const { status, body } = await post(app, '/predict/batch', { features_list: [values, value] })
    assert.equal(status, 422, JSON.stringify(value))
    assert.deepEqual((body['detail'] as { loc: unknown }[])[0]!.loc, ['body', 'features_list', ...loc])
  }
  assert.equal(models.asked.length, 0)
})
