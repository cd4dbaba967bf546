import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { type ShutdownOptions, stopOnSignal } from '../src/shutdown.ts'

/** A shutdown whose signals, clock and end are in the hands of the test. */
function stubShutdown(change: Partial<ShutdownOptions> = {}) {
  const signals = new EventEmitter()
  const codes: number[] = []
  const stopped: string[] = []
  const time = { now: 0 }
  const options: ShutdownOptions = {
    signals,
    stop: async signal => void stopped.push(signal),
    timeoutMs: 60_000,
    exit: code => codes.push(code),
    now: () => time.now,
    ...change
  }
  return { signals, codes, stopped, time, done: stopOnSignal(options) }
}

for (const name of ['SIGINT', 'SIGTERM']) {
  test(`${name} stops once and ends nothing hard`, async () => {
    const { signals, codes, stopped, done } = stubShutdown()
    signals.emit(name, name)
    await done
    assert.deepEqual(stopped, [name])
    assert.deepEqual(codes, [])
  })
}

test('the same Ctrl-C passed on by npm is not a second signal, not even when stop is done before', async () => {
  const { signals, codes, stopped, time, done } = stubShutdown()
  signals.emit('SIGINT', 'SIGINT')
  await done
  time.now = 100
  signals.emit('SIGINT', 'SIGINT')
  assert.deepEqual(codes, [])
  assert.deepEqual(stopped, ['SIGINT'])
})

test('a second signal while stopping ends the program hard', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { signals, codes, time, done } = stubShutdown({ stop: () => promise })
  signals.emit('SIGINT', 'SIGINT')
  await setImmediate()
  assert.deepEqual(codes, [])
  time.now = 2000
  signals.emit('SIGINT', 'SIGINT')
  assert.deepEqual(codes, [1])
  resolve()
  await done
})

test('a stop that takes longer than allowed ends the program hard', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { promise, resolve } = Promise.withResolvers<void>()
  const { signals, codes, done } = stubShutdown({ stop: () => promise, timeoutMs: 5000 })
  signals.emit('SIGTERM', 'SIGTERM')
  await setImmediate()
  t.mock.timers.tick(4999)
  assert.deepEqual(codes, [])
  t.mock.timers.tick(1)
  assert.deepEqual(codes, [1])
  resolve()
  await done
})

test('what stop throws reaches the caller', async () => {
  const { signals, done } = stubShutdown({ stop: () => Promise.reject(new Error('disk full')) })
  signals.emit('SIGTERM', 'SIGTERM')
  await assert.rejects(done, { message: 'disk full' })
})
