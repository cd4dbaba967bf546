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

/** A stepper with a step every second, its time, and the moments at which it stepped. */
function everySecond({ step = () => Promise.resolve() }: { step?: () => Promise<void> } = {}) {
  const time = new HandTime()
  const moments: number[] = []
  const stepper = createStepper({
    intervalMs: 1000,
    step() {
      moments.push(time.now())
      return step()
    },
    time
  })
  stepper.start()
  return { time, moments, stepper }
}

/** Steps that go on until they are told to finish, the oldest first. */
function heldSteps() {
  const held: (() => void)[] = []
  return {
    step: () => new Promise<void>(resolve => held.push(resolve)),
    async finish() {
      held.shift()!()
      await setImmediate()
    }
  }
}

test('steps at once and then on every beat', async () => {
  const { time, moments, stepper } = everySecond()
  await setImmediate()
  await time.pass(3500)
  assert.deepEqual(moments, [0, 1000, 2000, 3000])
  await stepper.stop()
})

test('the time a step takes does not delay the following ones', async () => {
  const steps = heldSteps()
  const { time, moments } = everySecond(steps)
  for (let beat = 0; beat < 3; beat++) {
    await time.pass(300)
    await steps.finish()
    await time.pass(700)
  }
  assert.deepEqual(moments, [0, 1000, 2000, 3000])
})

test('a step that takes too long never overlaps the next and skips the beats it missed', async () => {
  const steps = heldSteps()
  const { time, moments } = everySecond(steps)
  await time.pass(2400)
  assert.deepEqual(moments, [0])
  await steps.finish()
  await time.pass(600)
  assert.deepEqual(moments, [0, 3000])
})

test('stop waits for the running step and starts no other', async () => {
  const steps = heldSteps()
  const { time, moments, stepper } = everySecond(steps)
  let isStopped = false
  const stopped = stepper.stop().then(() => (isStopped = true))
  await setImmediate()
  assert.equal(isStopped, false)
  await steps.finish()
  await stopped
  await time.pass(5000)
  assert.deepEqual(moments, [0])
})

test('stop before the next beat takes that beat back', async () => {
  const { time, moments, stepper } = everySecond()
  await setImmediate()
  await stepper.stop()
  await time.pass(5000)
  assert.deepEqual(moments, [0])
})
