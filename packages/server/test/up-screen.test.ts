import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { upScreen } from '../src/cli/up-screen.ts'
import { freshLearner } from './fresh-learner.ts'

/** A terminal that remembers what was written. */
class StubTerminal extends EventEmitter {
  readonly written: string[] = []

  write(text: string): boolean {
    return this.written.push(text) > 0
  }
}

const addresses = [{ name: 'inference', url: 'http://127.0.0.1:8000' }]

test('what requests teach is shown within a second, and nothing is drawn while nothing happens', async t => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const terminal = new StubTerminal()
  const [linear, ofInference] = [await freshLearner('linear_regression'), await freshLearner('linear_regression')]
  const screen = upScreen({ terminal, hasColour: false, intervalSeconds: 0, role: 'writer' })
  screen.ready(addresses, { learners: [linear], defaultLearner: ofInference })
  const drawn = terminal.written.length
  t.mock.timers.tick(5000)
  assert.equal(terminal.written.length, drawn)
  await linear.learn({ features: { x: 1 }, target: 50 })
  await ofInference.learn({ features: { x: 1 }, target: 70 })
  t.mock.timers.tick(1000)
  assert.equal(terminal.written.length, drawn + 1)
  assert.match(terminal.written.at(-1)!, /linear_regression +1 +0\.00 +50 .*\n.*inference +1 +0\.00 +70 /)
  screen.close()
  const closed = terminal.written.length
  await linear.learn({ features: { x: 1 }, target: 50 })
  t.mock.timers.tick(5000)
  assert.equal(terminal.written.length, closed)
})

test('log lines stand above the table, and alone before it', () => {
  const terminal = new StubTerminal()
  const screen = upScreen({ terminal, hasColour: false, intervalSeconds: 1, role: 'writer' })
  screen.logs.write('{"level":40,"msg":"early"}')
  assert.deepEqual(terminal.written, ['WARN early\n'])
  screen.ready(addresses, { learners: [] })
  screen.logs.write('{"level":40,"msg":"later"}')
  assert.match(stripVTControlCharacters(terminal.written.at(-1)!), /\rWARN later\nmillrace /)
  screen.close()
})

test('what the models had learned before is there from the first look', async () => {
  const terminal = new StubTerminal()
  const learner = await freshLearner('linear_regression')
  await learner.learn({ features: {}, target: 50 })
  const screen = upScreen({ terminal, hasColour: false, intervalSeconds: 0, role: 'reader' })
  screen.ready(addresses, { learners: [learner] })
  assert.match(terminal.written[0]!, /linear_regression +1 +0\.00 +50 /)
  screen.close()
})
