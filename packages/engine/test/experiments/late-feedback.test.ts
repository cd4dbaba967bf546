import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryRegistryStore } from '@millrace/store'
import { draft, experimentSetup, given } from './experiment-setup.ts'
import { ledgerPlace } from './ledger/ledger-setup.ts'

for (const end of ['pause', 'stop'] as const) {
  test(`after a restart feedback is counted for units of an experiment that had come to a ${end} before`, async t => {
    const registry = memoryRegistryStore()
    const place = ledgerPlace(t)
    const before = await experimentSetup(t, { registry, ledger: await place.open() })
    await before.experiments.create(draft)
    await before.experiments.start('e')
    const { route } = await before.ask(given('u'))
    await before.experiments[end]('e')
    await before.experiments.close()

    const { experiments } = await experimentSetup(t, { registry, ledger: await place.open() })
    const told = { experiment: undefined, unit: 'u', requestId: undefined, metric: 'conversion', value: 1, id: 'o' }
    assert.deepEqual(await experiments.feedback(told), [
      { experiment: 'e', arm: route.assignment?.arm, metric: 'conversion', value: 1, isRepeat: false }
    ])
    assert.equal((await experiments.feedback({ ...told, experiment: 'e' }))[0]?.isRepeat, true)
  })
}
