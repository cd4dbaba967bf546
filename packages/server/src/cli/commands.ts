import { startSparingly } from '../starting.ts'
import type { CommandEntry } from './command.ts'

/** All commands, in the order of the help. */
export const commands: readonly CommandEntry[] = [
  {
    name: 'up',
    summary: 'run all services and the learning pipeline in one process',
    load: async () => {
      startSparingly()
      return (await import('./up.ts')).upCommand
    }
  },
  {
    name: 'serve',
    summary: 'run one service: inference, features, ingestion, coinbase, model',
    load: async () => {
      startSparingly()
      return (await import('./serve.ts')).serveCommand
    }
  },
  {
    name: 'replay',
    summary: 'see how the models fare on a CSV file, or on what a learner was told',
    load: async () => (await import('./replay.ts')).replayCommand
  },
  {
    name: 'journal',
    summary: 'look into what the learners were told: ls, show, verify, export',
    load: async () => (await import('./journal.ts')).journalCommand
  },
  {
    name: 'backup',
    summary: 'copy everything that is kept, while services run',
    load: async () => (await import('./backup.ts')).backupCommand
  },
  {
    name: 'restore',
    summary: 'bring a backup back',
    load: async () => (await import('./restore.ts')).restoreCommand
  },
  {
    name: 'pipeline',
    summary: 'run one step of the pipeline over HTTP (pipeline run)',
    load: async () => (await import('./pipeline.ts')).pipelineCommand
  }
]
