import assert from 'node:assert/strict'
import { test } from 'node:test'
import { experimentSetup, given } from '../experiment-setup.ts'

/** Version v2 is to take over from v1; half of the units meet it. */
const plan = {
  id: 'c',
  model: 'm',
  candidate: 'v2',
  steps: [{ share: 0.5, minRequests: 20, minSeconds: 1 }],
  guards: [{ measure: 'error_rate', tolerance: 0.5 }]
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
}

test('requests are routed by the unit, say that a canary did it, and end in a promotion without a load', async t => {
  const { experiments, ask, time, source, runtime, server } = await experimentSetup(t)
  source.configure('m', { aliases: { default: 'v1' } })
  await server.reload()
  await experiments.canaries.start(plan)
  const versions = new Map<string, string>()
  for (let unit = 0; unit < 200; unit++) {
    const { route } = await ask(given(`u${unit}`))
    versions.set(`u${unit}`, route.version)
    assert.deepEqual([route.reason, route.assignment?.experiment], ['canary', 'c'])
  }
  for (const [unit, version] of versions) assert.equal((await ask(given(unit))).route.version, version)
  const loads = runtime.loads.length
  time.pass(3000)
  await settled()
  const { record, checks } = experiments.canaries.get('c')
  assert.deepEqual([record.canary?.verdict, checks[0]?.says], ['promoted', 'pass'])
  const { route } = await ask(given('u0'))
  assert.deepEqual([route.version, route.reason, runtime.loads.length], ['v2', 'default', loads])
})

test('a candidate that fails hurts nobody: control answers, and it is rolled back', async t => {
  const { experiments, ask, time, source, runtime, server } = await experimentSetup(t)
  source.configure('m', { aliases: { default: 'v1' } })
  await server.reload()
  await experiments.canaries.start(plan)
  runtime.beforeRun = label => (label.endsWith('v2') ? Promise.reject(new Error('broken')) : Promise.resolve())
  for (let unit = 0; unit < 60; unit++) {
    const { route } = await ask(given(`u${unit}`))
    assert.equal(route.version, 'v1')
  }
  time.pass(1500)
  await settled()
  assert.equal(experiments.canaries.get('c').record.canary?.verdict, 'rolled_back')
  assert.equal((await ask(given('u0'))).route.reason, 'default')
})

test('labels of predictions decide about a candidate that errs more often', async t => {
  const { experiments, ask, time, source, server } = await experimentSetup(t)
  source.configure('m', { aliases: { default: 'v1' } })
  await server.reload()
  await experiments.canaries.start({ ...plan, guards: ['error_rate', 'accuracy'] })
  for (let unit = 0; unit < 600; unit++) {
    // Version v1 answers 1 and v2 answers 2: of v1 nine tenths are right, of v2 a tenth.
    const label = unit % 10 === 0 ? 2 : 1
    await ask({ ...given(`u${unit}`), requestId: `r${unit}` })
    const outcome = { experiment: undefined, unit: undefined, requestId: `r${unit}`, metric: 'accuracy' }
    await experiments.feedback({ ...outcome, value: { label }, id: `l${unit}` })
  }
  time.pass(1500)
  await settled()
  const { record, checks } = experiments.canaries.get('c')
  assert.deepEqual([record.canary?.verdict, checks[1]?.says], ['rolled_back', 'breach'])
  assert.match(String(record.history.at(-1)!.details['reason']), /accuracy/)
})

test('what was measured in one step is apart from what was in the next, and is known after all', async t => {
  const { experiments, ask, time, source, server } = await experimentSetup(t)
  source.configure('m', { aliases: { default: 'v1' } })
  await server.reload()
  const steps = [0.3, 0.6].map(share => ({ share, minRequests: 20, minSeconds: 1 }))
  await experiments.canaries.start({ ...plan, steps, guards: [{ measure: 'error_rate', tolerance: 0.001 }] })
  for (let unit = 0; unit < 200; unit++) await ask(given(`u${unit}`))
  time.pass(3000)
  await settled()
  const { record } = experiments.canaries.get('c')
  const { step, requestsBefore } = record.canary!
  assert.deepEqual([step, requestsBefore[0] + requestsBefore[1]], [1, 200])
  const counted = (): number => experiments.tally('c').arms.reduce((sum, { requests }) => sum + requests, 0)
  assert.equal(counted(), 0)
  await ask(given('u0'))
  assert.equal(counted(), 1)
})
