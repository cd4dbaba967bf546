import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '@millrace/common'
import { type CommandEntry, runCommandLine } from '../src/cli/command-line.ts'
import { commands } from '../src/cli/commands.ts'

/** Run a command line whose one command does as told. */
async function tryOut(args: string[], run: (args: string[]) => Promise<number> = async () => 0) {
  const entry: CommandEntry = { name: 'work', summary: 'does it', load: async () => ({ ...entry, run }) }
  let out = ''
  let err = ''
  const output = { out: (text: string) => (out += text), err: (text: string) => (err += text) }
  const code = await runCommandLine(args, {}, { commands: [entry], output })
  return { code, out, err }
}

test('a command gets what follows its name, and its exit code is that of the program', async () => {
  const given: string[][] = []
  const run = async (args: string[]) => {
    given.push(args)
    return 3
  }
  assert.deepEqual(await tryOut(['work', '--help', 'x'], run), { code: 3, out: '', err: '' })
  assert.deepEqual(given, [['--help', 'x']])
})

test('help goes to standard output when asked for, and to standard error when a command is missing', async () => {
  const help = await tryOut(['--help'])
  assert.equal(help.code, 0)
  assert.match(help.out, /^Usage: millrace <command> \[options\]\n[^]*\n {2}work {2}does it\n/)
  assert.deepEqual(await tryOut([]), { code: 2, out: '', err: help.out })
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

test('an unexpected error is not caught: its stack shows where to look', async () => {
  const bug = new TypeError('bug')
  await assert.rejects(
    tryOut(['work'], () => Promise.reject(bug)),
    bug
  )
})

test('the list of commands tells what the commands tell of themselves', async () => {
  for (const { name, summary, load } of commands) {
    const command = await load()
    assert.deepEqual([command.name, command.summary], [name, summary])
  }
})
