import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { logOutput } from '../src/cli/log-output.ts'

/** A file descriptor of a new, empty file. */
function openFile(t: TestContext, flags: string): { fd: number; file: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-log-'))
  const file = path.join(folder, 'log')
  closeSync(openSync(file, 'w'))
  const fd = openSync(file, flags)
  t.after(() => {
    closeSync(fd)
    rmSync(folder, { recursive: true })
  })
  return { fd, file }
}

test('log lines are out when written', t => {
  const { fd, file } = openFile(t, 'a')
  const output = logOutput(assert.fail, fd)
  output.write('one\n')
  output.write('two\n')
  assert.equal(readFileSync(file, 'utf8'), 'one\ntwo\n')
})

test('an output that cannot be written is told of once and stops nothing', t => {
  const warnings: string[] = []
  // Writing to what was opened for reading fails as a full disk does.
  const output = logOutput(text => warnings.push(text), openFile(t, 'r').fd)
  output.write('one\n')
  output.write('two\n')
  assert.equal(warnings.length, 1)
  assert.match(
    warnings[0]!,
    /^millrace: MILL_OUTPUT_FAILED: the output cannot be written: EBADF: .+; the services go on without log lines\n$/
  )
})
