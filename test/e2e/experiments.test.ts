import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  armsOf,
  growthBookArm,
  protocols,
  routeIn,
  row,
  send,
  startExperiment,
  startInference,
  versionIsThere
} from './experiment-server.ts'
import { armOf, forests, units, unitsByArm, unitsIn, versions } from './forests-experiment.ts'

test('a unit comes to the same arm by every protocol, and counts once', async t => {
  const server = await startInference(t)
  await startExperiment(server.url, forests)
  const { ask, close } = protocols(server)
  t.after(close)
  for (const [name, asked] of Object.entries(ask)) {
    for (const unit of units) {
      const told = await asked(unit)
      const arm = armOf(unit)
      assert.deepEqual(
        [told.version, told.experiment, told.arm],
        [versions[arm], 'forests', arm],
        `${unit} asks by ${name}`
      )
      assert.ok(told.reason === 'experiment' || told.reason === 'sticky', told.reason)
    }
  }
  const counts = await armsOf(server.url, 'forests')
  const expected = unitsByArm(units)
  const requests = Object.keys(ask).length
  for (const [arm, count] of Object.entries(expected)) {
    // All but the first of each version were answered from the cache.
    assert.deepEqual(counts[arm], { units: count, requests: count * requests })
  }
})

test('who names a version, takes no part or asks for another model is not in the experiment', async t => {
  const { url } = await startInference(t)
  await startExperiment(url, forests)
  const tensor = { name: 'float_input', shape: [1, 10], datatype: 'FP32', data: row }
  const inputs = [tensor]
  const model = `${url}/v2/models/tabular_classifier`
  const named = await send(`${model}/versions/v2.0/infer`, { inputs })
  const apart = await send(`${model}/infer`, { inputs, parameters: { use_ab_testing: false } })
  const asDocumented = await send(`${url}/predict`, { features: row, use_ab_testing: false })
  const told = [named, apart, asDocumented].map(({ headers }) => [
    headers.get('x-model-version'),
    headers.get('x-route')
  ])
  assert.deepEqual(told, [
    ['v2.0', 'version'],
    ['v1.0', 'default'],
    ['v1.0', 'default']
  ])
  assert.deepEqual(Object.keys(named.body as object), ['model_name', 'model_version', 'id', 'outputs'])
  assert.deepEqual(await unitsIn(url), { a: 0, b: 0, c: 0 })
})

test('control answers where the version of an arm fails, and the unit still counts as the arm’s', async t => {
  const { url } = await startInference(t)
  const tables = [
    { name: 'control', version: '1' },
    { name: 'short', version: '2' }
  ]
  await Promise.all([versionIsThere(url, 'table', '1'), versionIsThere(url, 'table', '2')])
  await startExperiment(url, { id: 'tables', model: 'table', arms: tables, on_failure: 'control' })
  const ask = async (unit: string, place: number) => {
    const inputs = [{ name: 'i', shape: [1], datatype: 'INT64', data: [place] }]
    const { status, body, headers } = await send(`${url}/v2/models/table/infer`, { id: unit, inputs })
    const { model_version } = body as { model_version: string }
    const { reason, arm } = routeIn(headers.get('x-route'))
    return [status, model_version, reason, arm]
  }
  const unit = units.find(each => growthBookArm('tables', each, ['control', 'short']) === 'short')!
  assert.deepEqual(await ask(unit, 1), [200, '2', 'experiment', 'short'])
  // The table of version 2 has no row 4.
  assert.deepEqual(await ask(unit, 4), [200, '1', 'fallback', 'short'])
  const counts = await armsOf(url, 'tables')
  assert.deepEqual([counts['control']!.units, counts['short']!.units], [0, 1])
  const metrics = await (await fetch(`${url}/metrics`)).text()
  assert.match(metrics, /^millrace_experiment_failures_total\{experiment="tables",arm="short"\} 1$/m)
  assert.match(metrics, /^millrace_experiment_fallbacks_total\{experiment="tables",arm="short"\} 1$/m)
})

interface Counted {
  status: string
  counted: { experiment: string; arm: string; metric: string; value: number }[]
}

test('what came of a unit or a request counts once, whenever it comes', async t => {
  const { url } = await startInference(t)
  await startExperiment(url, forests)
  const tell = async (body: object): Promise<[number, Counted]> => {
    const reply = await send(`${url}/feedback`, body)
    return [reply.status, reply.body as Counted]
  }
  const [anna, bert] = ['anna', 'bert'] as const
  const { body } = await send(`${url}/predict`, { features: row, unit_id: anna, request_id: 'first' })
  const { prediction } = body as { prediction: number }

  const converted = { experiment: 'forests', arm: armOf(anna), metric: 'conversion', value: 1 }
  const [status, byUnit] = await tell({ unit_id: anna, conversion: 1 })
  assert.deepEqual([status, byUnit.counted], [200, [converted]])
  // Told again, now by the request: a unit converts once.
  await tell({ request_id: 'first', conversion: 1 })
  const right = { experiment: 'forests', arm: armOf(anna), metric: 'accuracy', value: 1 }
  const [, labelled] = await tell({ request_id: 'first', label: prediction })
  assert.ok(
    labelled.counted.some(each => each.metric === 'accuracy' && each.value === right.value && each.arm === right.arm)
  )

  // An outcome may be there before the unit is.
  const [early, kept] = await tell({ unit_id: bert, value: 7.5, outcome_id: 'order 1' })
  assert.deepEqual([early, kept.status], [202, 'kept'])
  await send(`${url}/predict`, { features: row, unit_id: bert })
  const again = { unit_id: bert, value: 7.5, outcome_id: 'order 1' }
  await tell(again)
  await tell(again)
  const conflict = await send(`${url}/feedback`, { ...again, value: 8 })
  assert.equal(conflict.status, 422)

  const results = (await (await fetch(`${url}/experiments/forests/results`)).json()) as {
    metrics: { metric: string; arms: { arm: string; value: number | null; count: number }[] }[]
  }
  const of = (metric: string, arm: string) =>
    results.metrics.find(each => each.metric === metric)?.arms.find(each => each.arm === arm)
  const inArm = (arm: string) => [anna, bert].filter(unit => armOf(unit) === arm).length
  assert.equal(of('conversion', armOf(anna))?.value, 1 / inArm(armOf(anna)))
  assert.equal(of('value', armOf(bert))?.value, 7.5 / inArm(armOf(bert)))
  assert.equal(of('accuracy', armOf(anna))?.value, 1)
})
