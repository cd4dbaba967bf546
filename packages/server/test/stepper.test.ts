import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { createStepper, type StepperTime } from '../src/pipeline/stepper.ts'

/** Time that moves only when told to. */
class HandTime implements StepperTime {
  #now = 0
  #wish: { at: number; run(): void } | undefined

  now(): number {
    return this.#now
  }

  after(ms: number, run: () => void): () => void {
    this.#wish = { at: this.#now + ms, run }
    return () => (this.#wish = undefined)
  }

  /** Let time pass; a wish that falls due is met at its moment. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms
    for (let wish = this.#wish; wish !== undefined && wish.at <= end; wish = this.#wish) {
      this.#wish = undefined
      this.#now = wish.at
      wish.run()
      await setImmediate()
    }
    this.#now = end
  }
}

test('steps at once and then on every beat', async () => {
  const time = new HandTime()
  const moments: number[] = []
  const stepper = createStepper({ intervalMs: 1000, step: async () => void moments.push(time.now()), time })
  stepper.start()
  await setImmediate()
  await time.pass(3500)
  assert.deepEqual(moments, [0, 1000, 2000, 3000])
  await stepper.stop()
})

test('the time a step takes does not delay the following ones', async () => {
  const time = new HandTime()
  const moments: number[] = []
  const release: (() => void)[] = []
  const step = (): Promise<void> => {
    moments.push(time.now())
    return new Promise(resolve => release.push(resolve))
  }
  const stepper = createStepper({ intervalMs: 1000, step, time })
  stepper.start()
  for (let beat = 0; beat < 3; beat++) {
    await time.pass(300)
    release.shift()!()
    await setImmediate()
    await time.pass(700)
  }
  assert.deepEqual(moments, [0, 1000, 2000, 3000])
  release.shift()!()
  await stepper.stop()
})

test('a step that takes too long never overlaps the next and skips the beats it missed', async () => {
  const time = new HandTime()
  const moments: number[] = []
  const release: (() => void)[] = []
  const step = (): Promise<void> => {
    moments.push(time.now())
    return new Promise(resolve => release.push(resolve))
  }
  const stepper = createStepper({ intervalMs: 1000, step, time })
  stepper.start()
  await time.pass(2400)
  assert.deepEqual(moments, [0])
  release.shift()!()
  await setImmediate()
  await time.pass(600)
  assert.deepEqual(moments, [0, 3000])
  release.shift()!()
  await stepper.stop()
})

test('stop waits for the running step and starts no other', async () => {
  const time = new HandTime()
  let steps = 0
  const { promise, resolve } = Promise.withResolvers<void>()
  const stepper = createStepper({
    intervalMs: 1000,
    step: () => {
      steps++
      return promise
    },
    time
  })
  stepper.start()
  let isStopped = false
  const stopped = stepper.stop().then(() => (isStopped = true))
  await setImmediate()
  assert.equal(isStopped, false)
  resolve()
  await stopped
  await time.pass(5000)
  assert.equal(steps, 1)
})

test('stop before the next beat takes that beat back', async () => {
  const time = new HandTime()
  let steps = 0
  const stepper = createStepper({ intervalMs: 1000, step: async () => void steps++, time })
  stepper.start()
  await setImmediate()
  await stepper.stop()
  await time.pass(5000)
  assert.equal(steps, 1)
})
