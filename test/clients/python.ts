import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'

/** The clients come for Python 3.10 to 3.13. */
const interpreters = ['python3.11', 'python3.12', 'python3.13', 'python3.10', 'python3']

/** No Python, or none that can have the packages; the message says why. */
export class NoPython extends Error {}

/**
 * A Python that has the packages of a requirements file: made once for each content of that file, and kept with the
 * caches of the user.
 * @returns the path of its interpreter
 * @throws {NoPython}
 */
export function pythonWith(requirements: string): string {
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 16)
  const cache = process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache')
  const folder = path.join(cache, 'millrace', `clients-${digest}`)
  const python = path.join(folder, 'bin/python')
  const finished = path.join(folder, 'finished')
  if (existsSync(finished)) return python
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(path.dirname(folder), { recursive: true })
  run(findInterpreter(), ['-m', 'venv', folder], 'a virtual environment cannot be made (Debian: python3-venv)')
  const quiet = ['--quiet', '--disable-pip-version-check', '--no-input']
  run(python, ['-m', 'pip', 'install', ...quiet, '--requirement', requirements], 'the packages cannot be had')
  writeFileSync(finished, '')
  return python
}

function findInterpreter(): string {
  const found = interpreters.find(
    name => spawnSync(name, ['-c', 'import sys; sys.exit(sys.version_info < (3, 10))']).status === 0
  )
  if (found === undefined) throw new NoPython('there is no Python from 3.10 on')
  return found
}

function run(program: string, args: readonly string[], problem: string): void {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0) throw new NoPython(`${problem}: ${`${stdout}${stderr}`.trim().slice(-2000)}`)
}
