import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Ending, get, startProgram, startUp, straight, temporaryFolder } from './program.ts'

/** Run a command to its end. */
async function millrace(t: Ending, ...args: string[]) {
  const { exit, lines, errors } = startProgram(t, args)
  const { code } = await exit
  return { code, lines, errors: errors() }
}

/** A data folder that a running `millrace up` has filled with at least `steps` steps of the pipeline. */
async function stepping(t: Ending, steps: number) {
  const dataDir = join(temporaryFolder(t), 'data')
  const program = await startUp(t, {
    MILLRACE_DATA_DIR: dataDir,
    MILLRACE_DURABILITY: 'os',
    PIPELINE_INTERVAL: '0.005'
  })
  await program.line(line => line.includes(`"observation_id":${steps},`))
  return { dataDir, program }
}

test('a backup of running services restores to a place where they go on', async t => {
  const { dataDir, program } = await stepping(t, 40)
  const listed = await millrace(t, 'journal', 'ls', '--json', '--data-dir', dataDir)
  const learners = JSON.parse(listed.lines.join('\n')) as { model: string; writer: { pid: number } | null }[]
  assert.deepEqual(
    learners.map(({ writer }) => writer?.pid),
    learners.map(() => program.child.pid)
  )
  const folder = join(temporaryFolder(t), 'backup')
  const made = await millrace(t, 'backup', folder, '--data-dir', dataDir)
  assert.deepEqual([made.code, made.errors], [0, ''])
  const refused = await millrace(t, 'restore', folder, '--data-dir', dataDir, '--force')
  assert.equal(refused.code, 1)
  assert.match(refused.errors, /^millrace: MILL_WRITER_TAKEN: learner .* is being taught by process \d+/)
  program.child.kill('SIGKILL')
  await program.exit

  const restored = join(temporaryFolder(t), 'restored')
  assert.equal((await millrace(t, 'restore', folder, '--data-dir', restored)).code, 0)
  const verified = await millrace(t, 'journal', 'verify', '--deep', '--data-dir', restored)
  assert.equal(verified.code, 0)
  const again = await startUp(t, { MILLRACE_DATA_DIR: restored, PIPELINE_INTERVAL: '0.005' })
  const step = JSON.parse(await again.line(line => line.includes('pipeline stepped'))) as { observation_id: number }
  assert.ok(step.observation_id > 40, `${step.observation_id}`)
  assert.equal((await get(`${again.addresses.amf_regressor}/health`)).status, 200)
})

test('journal show stops quietly when nobody reads on', async t => {
  const { dataDir, program } = await stepping(t, 30)
  program.child.kill('SIGTERM')
  await program.exit
  const [learner] = readdirSync(join(dataDir, 'journal'))
  const child = spawn(process.execPath, [...straight, 'journal', 'show', learner!, '--data-dir', dataDir], {
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', text => (errors += text))
  child.stdout.destroy()
  assert.equal(await codeOf(child), 0)
  assert.equal(errors, '')
})

test('a restore that is killed leaves the folder as it was, or not there, or whole', async t => {
  const { dataDir, program } = await stepping(t, 20)
  program.child.kill('SIGTERM')
  await program.exit
  const parent = temporaryFolder(t)
  const folder = join(parent, 'backup')
  await millrace(t, 'backup', folder, '--data-dir', dataDir)
  const { files } = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as { files: { path: string }[] }
  const target = join(parent, 'target')
  // Later and later: before the first file is there, after some, and when all are.
  for (let least = 0; least <= files.length; least += Math.ceil(files.length / 3)) {
    const child = spawn(process.execPath, [...straight, 'restore', folder, '--data-dir', target], { stdio: 'ignore' })
    const ended = codeOf(child)
    await until(() => child.exitCode !== null || existsSync(target) || restoringFiles(parent) >= least)
    child.kill('SIGKILL')
    await ended
    if (existsSync(target)) {
      assert.deepEqual(
        filesIn(target).filter(path => !isMadeByRestore(path)),
        files.map(({ path }) => path)
      )
      rmSync(target, { recursive: true })
    }
    for (const name of readdirSync(parent).filter(isUnfinished))
      renameSync(join(parent, name), join(parent, `gone${least}`))
  }
})

/** Settled when the process has ended. */
function codeOf(child: ChildProcess): Promise<number | null> {
  return new Promise(resolve => child.once('close', resolve))
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(resolve => setImmediate(resolve))
}

function isUnfinished(name: string): boolean {
  return name.startsWith('.target.restoring-')
}

/** How many files an unfinished restore has made. */
function restoringFiles(parent: string): number {
  const [name] = readdirSync(parent).filter(isUnfinished)
  try {
    return name === undefined ? -1 : filesIn(join(parent, name)).length
  } catch {
    // It has just been moved into place.
    return Infinity
  }
}

function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  return entries.map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1)).toSorted()
}

/** What fences former writers off. */
function isMadeByRestore(path: string): boolean {
  return /\/epoch(\.lock)?$/.test(path)
}
