import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '@millrace/common'
import { Writable } from 'node:stream'
import { runCommandLine } from '../src/cli/command-line.ts'
import type { Command, CommandEntry } from '../src/cli/command.ts'
import { commands } from '../src/cli/commands.ts'
import { FakeStream } from './replay-host.ts'

/** Run a command line whose one command does as told. */
async function tryOut(args: string[], run: Command['run'] = async () => 0) {
  const entry: CommandEntry = { name: 'work', summary: 'does it', load: async () => ({ help: 'how to work\n', run }) }
  const [stdout, stderr] = [new FakeStream(), new FakeStream()]
  const code = await runCommandLine(args, {}, { commands: [entry], output: { stdout, stderr } })
  return { code, out: stdout.text, err: stderr.text }
}

test('a command gets what follows its name, and its exit code is that of the program', async () => {
  const given: string[][] = []
  const run = async (args: string[]) => {
    given.push(args)
    return 3
  }
  assert.deepEqual(await tryOut(['work', '--hard', 'x'], run), { code: 3, out: '', err: '' })
  assert.deepEqual(given, [['--hard', 'x']])
})

test('help goes to standard output when asked for, and to standard error when a command is missing', async () => {
  const help = await tryOut(['--help'])
  assert.equal(help.code, 0)
  assert.match(help.out, /^Usage: millrace <command> \[options\]\n[^]*\n {2}work {2}does it\n/)
  assert.deepEqual(await tryOut([]), { code: 2, out: '', err: help.out })
})

test('a command asked for help prints it and does nothing', async () => {
  for (const flag of ['--help', '-h']) {
    assert.deepEqual(await tryOut(['work', flag, 'x'], assert.fail), { code: 0, out: 'how to work\n', err: '' })
  }
})

test('an output that cannot be written fails the program, one that nobody reads does not', async () => {
  const codes = ['ENOSPC', 'EPIPE'].map(async code => {
    const error = Object.assign(new Error(`${code}: no luck, write`), { code, syscall: 'write' })
    const stdout = new Writable({ write: (_chunk, _encoding, done) => done(error) }).on('error', () => undefined)
    const stderr = new FakeStream()
    return [await runCommandLine(['--version'], {}, { commands: [], output: { stdout, stderr } }), stderr.text]
  })
  assert.deepEqual(await Promise.all(codes), [
    [1, 'millrace: MILL_OUTPUT_FAILED: the output cannot be written: ENOSPC: no luck\n'],
    [0, '']
  ])
})

function failing(code: MillraceError['code']) {
  return async () => {
    throw new MillraceError(code, 'port 8000 is taken')
  }
}

test('an error raised on purpose is one line and ends with 1, wrong usage with 2', async () => {
  assert.deepEqual(await tryOut(['work'], failing('MILL_PORT_TAKEN')), {
    code: 1,
    out: '',
    err: 'millrace: MILL_PORT_TAKEN: port 8000 is taken\n'
  })
  assert.equal((await tryOut(['work'], failing('MILL_OPTION_INVALID'))).code, 2)
})

test('several problems are told one a line', async () => {
  const error = new MillraceError('MILL_CONFIG_INVALID', 'a; b', { details: { problems: ['a', 'b'] } })
  const { err } = await tryOut(['work'], () => Promise.reject(error))
  assert.equal(err, 'millrace: MILL_CONFIG_INVALID: 2 problems\n  a\n  b\n')
})

test('an unexpected error is not caught: its stack shows where to look', async () => {
  const bug = new TypeError('bug')
  await assert.rejects(
    tryOut(['work'], () => Promise.reject(bug)),
    bug
  )
})

test('the help of every command says how to use it, in lines that fit a terminal', async () => {
  for (const { name, load } of commands) {
    const { help } = await load()
    assert.ok(help.startsWith(`Usage: millrace ${name} `), name)
    assert.ok(
      help.split('\n').every(line => line.length <= 80),
      name
    )
  }
})

test('each part of a command has a help of its own, in lines that fit a terminal', async () => {
  const { journalCommand } = await import('../src/cli/journal.ts')
  for (const part of ['ls', 'show', 'verify', 'export']) {
    const help = journalCommand.helpFor?.([part]) ?? ''
    assert.ok(help.startsWith(`Usage: millrace journal ${part} `), part)
    assert.ok(
      help.split('\n').every(line => line.length <= 80),
      part
    )
  }
  assert.equal(journalCommand.helpFor?.(['other']), undefined)
  const [stdout, stderr] = [new FakeStream(), new FakeStream()]
  await runCommandLine(['journal', 'show', '--help'], {}, { commands, output: { stdout, stderr } })
  assert.equal(stdout.text, journalCommand.helpFor?.(['show']))
})
