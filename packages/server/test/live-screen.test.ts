import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { openLiveScreen } from '../src/terminal/live-screen.ts'
import { logText } from '../src/terminal/log-text.ts'

/** A terminal that remembers what was written. */
class StubTerminal extends EventEmitter {
  columns = 80
  rows = 24
  readonly written: string[] = []

  write(text: string): boolean {
    return this.written.push(text) > 0
  }
}

test('draws in place: up over the old lines, each cleared to its end, what is left below cleared', () => {
  const terminal = new StubTerminal()
  let lines = ['a', 'b']
  const screen = openLiveScreen(terminal, () => lines)
  lines = ['c']
  screen.redraw()
  screen.redraw()
  assert.deepEqual(terminal.written, [
    '\u001b[?25l\ra\u001b[K\nb\u001b[K\n\u001b[J',
    '\u001b[2A\rc\u001b[K\n\u001b[J',
    '\u001b[1A\rc\u001b[K\n\u001b[J'
  ])
})

test('a line above takes the place of the live lines, which move down', () => {
  const terminal = new StubTerminal()
  const screen = openLiveScreen(terminal, () => ['live'])
  screen.printAbove('WARN one')
  assert.equal(terminal.written.at(-1), '\u001b[1A\rWARN one\u001b[K\nlive\u001b[K\n\u001b[J')
})

test('a new size starts on an empty screen, with lines for the new width', () => {
  const terminal = new StubTerminal()
  openLiveScreen(terminal, ({ columns, rows }) => [`${columns} by ${rows}`])
  terminal.columns = 40
  terminal.emit('resize')
  assert.equal(terminal.written.at(-1), '\u001b[2J\u001b[H\r40 by 24\u001b[K\n\u001b[J')
})

test('closing gives the cursor back and stops listening', () => {
  const terminal = new StubTerminal()
  const screen = openLiveScreen(terminal, () => ['a'])
  screen.close()
  assert.equal(terminal.written.at(-1), '\u001b[1A\ra\u001b[K\n\u001b[J\u001b[?25h')
  assert.equal(terminal.listenerCount('resize'), 0)
})

test('a log line reads as level, subject, sentence and reason', () => {
  const line = JSON.stringify({
    level: 40,
    time: 'x',
    service: 'features',
    msg: 'step failed',
    err: { message: 'full' }
  })
  assert.equal(logText(line, false), 'WARN features step failed: full')
  assert.equal(logText('{"level":50,"model":"knn_regressor","msg":"failed"}', false), 'ERROR knn_regressor failed')
  assert.equal(logText('{"level":50,"msg":"failed"}', true), '\u001b[31mERROR\u001b[39m failed')
  assert.equal(logText('not JSON\n', false), 'not JSON')
})
