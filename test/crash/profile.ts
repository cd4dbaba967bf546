import { type LearnerName, learnerNames } from '@millrace/engine'
import type { PythonRandom } from '@millrace/common'

/** What runs, how it is set, and what is done to it. */
export interface Profile {
  /** In a word, for the report. */
  name: 'up' | 'model' | 'power'
  args: readonly string[]
  settings: Readonly<Record<string, string>>
  /** Names of the services that learn, and of those the ones that are taught by labels. */
  learners: readonly string[]
  labelled: readonly string[]
  /** The folders of the learners' journals. */
  journals: Readonly<Record<string, string>>
  hasSeries: boolean
  /** Whether another process follows as a reader. */
  hasReader: boolean
  /** Whether each kill also takes away what was not synced. */
  losesPower: boolean
  /** How many of the latest requests of a learner or series are repeated from. */
  repeatWindow: number
  /** How long load lasts between two kills at most, in milliseconds. */
  longestLoadMs: number
}

/** Snapshots all the time: the most often that settings allow. */
const often = { MILLRACE_SNAPSHOT_BYTES: '65536', MILLRACE_SNAPSHOT_INTERVAL: '1' }

/** Limits that are reached within seconds, so that ids are forgotten and journals pruned. */
const tight = {
  MILLRACE_IDS_REMEMBERED: '2000',
  MILLRACE_FEATURE_NAMES_LIMIT: '20',
  MILLRACE_JOURNAL_RETENTION_BYTES: '1048576'
}

const upLearners = ['inference', ...learnerNames]

/** Everything in one process, with requests in place of the pipeline. */
export function upProfile(random: PythonRandom): Profile {
  const isTight = random.random() < 0.4
  return {
    name: 'up',
    args: ['up'],
    settings: { PIPELINE_INTERVAL: '0', ...often, ...durability(random), ...(isTight ? tight : {}) },
    learners: upLearners,
    labelled: ['inference', 'knn_regressor'],
    journals: {
      ...Object.fromEntries(learnerNames.map(name => [name, name])),
      inference: 'inference-linear_regression'
    },
    hasSeries: true,
    hasReader: false,
    losesPower: false,
    repeatWindow: isTight ? 30 : 2000,
    longestLoadMs: 1200
  }
}

/** One learner by itself. */
export function modelProfile(random: PythonRandom): Profile {
  const learner = learnerNames[random.randint(0, learnerNames.length - 1)]!
  return {
    name: 'model',
    args: ['serve', 'model'],
    settings: { MODEL_NAME: learner, ...often, ...durability(random) },
    ...alone(learner),
    hasReader: random.random() < 0.6
  }
}

/** One learner whose machine loses power. Predictions and series are left out: what they promise there is SQLite's. */
export function powerProfile(random: PythonRandom): Profile {
  const learner = learnerNames[random.randint(0, learnerNames.length - 1)]!
  const settings = { MODEL_NAME: learner, MILLRACE_DURABILITY: 'fsync', ...often }
  return { name: 'power', args: ['serve', 'model'], settings, ...alone(learner), labelled: [], losesPower: true }
}

function alone(learner: LearnerName) {
  const labelled = ['model']
  return {
    learners: ['model'],
    labelled,
    journals: { model: learner },
    hasSeries: false,
    hasReader: false,
    losesPower: false,
    repeatWindow: 2000,
    longestLoadMs: 900
  }
}

function durability(random: PythonRandom): Record<string, string> {
  return { MILLRACE_DURABILITY: random.random() < 0.75 ? 'fsync' : 'os' }
}
