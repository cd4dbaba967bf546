import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { parseConfig } from '../config.ts'
import type { Environment } from './command.ts'
import { chosen, usageError } from './usage.ts'

/** A learner's journal on disk. */
export interface JournalPlace {
  /** The learner's id. */
  learner: string
  /** The folder of its journal. */
  folder: string
}

/**
 * The data folder that a command works on: `given`, or the one of the settings.
 * @throws {MillraceError} MILL_OPTION_INVALID when there is no such folder; MILL_CONFIG_INVALID
 */
export function dataFolder(given: string | undefined, env: Environment): string {
  const folder = given ?? parseConfig(env).dataDir
  if (isFolder(folder)) return folder
  throw usageError(`there is no data folder ${folder}; name it with --data-dir or MILLRACE_DATA_DIR`)
}

/** The folder within a data folder, or within a backup of one, that holds a folder for each learner. */
export function journalsFolder(dataDir: string): string {
  return join(dataDir, 'journal')
}

/** The journals in a data folder, or in a backup of one, in the order of the learners' ids. */
export function journalsIn(dataDir: string): JournalPlace[] {
  const parent = journalsFolder(dataDir)
  if (!isFolder(parent)) return []
  const folders = readdirSync(parent, { withFileTypes: true }).filter(entry => entry.isDirectory())
  const learners = folders.map(({ name }) => name).toSorted()
  return learners.map(learner => ({ learner, folder: join(parent, learner) }))
}

/**
 * The journals of experiments in a data folder, or in a backup of one: one, and one of requests, for each process that ever
 * served at the same time. By their paths within the folder.
 */
export function experimentJournalsIn(dataDir: string): { name: string; folder: string }[] {
  const parent = join(dataDir, 'experiments')
  if (!isFolder(parent)) return []
  const slots = readdirSync(parent).filter(name => isFolder(join(parent, name)))
  return slots
    .toSorted()
    .flatMap(slot => [slot, `${slot}/requests`])
    .map(path => ({ name: `experiments/${path}`, folder: join(parent, path) }))
    .filter(({ folder }) => isFolder(folder))
}

/**
 * The journal of the learner that was named on the command line.
 * @param name id of a learner in the data folder, or path of the folder of a journal, wherever it is
 * @throws {MillraceError} MILL_OPTION_INVALID when there is none
 */
export function journalOf(name: string, given: string | undefined, env: Environment): JournalPlace {
  if (given === undefined && isPath(name) && isFolder(name)) return { learner: basename(resolve(name)), folder: name }
  const dataDir = dataFolder(given, env)
  const places = journalsIn(dataDir)
  if (places.length === 0) throw usageError(`no learner has a journal in ${dataDir}`)
  const learners = places.map(({ learner }) => learner)
  return places[learners.indexOf(chosen('learner', name, learners))]!
}

function isPath(name: string): boolean {
  return /[/\\]/.test(name) || name === '.' || name === '..'
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory()
}
