import type { LearnerRole } from '@millrace/engine'
import type { DestinationStream } from 'pino'
import type { Config } from '../config-schema.ts'
import { parseConfig } from '../config.ts'
import { createLogger, type Logger } from '../logger.ts'
import { serviceNames } from '../service-names.ts'
import type { Command, Environment } from './command.ts'
import { hasColour } from './has-colour.ts'
import { outputLogger } from './log-output.ts'
import { startServices } from './start-services.ts'
import { startPipeline } from './up-pipeline.ts'
import { type UpView, upLog } from './up-log.ts'
import { screenLevel, upScreen } from './up-screen.ts'
import { parseFlags } from './usage.ts'

const help = `Usage: millrace up [--log]

All services in one process: the model server on port 8000, and 8008 for gRPC;
features 8001, ingestion 8002, coinbase 8003, the four learners 8010 to 8013;
and the pipeline that takes an observation every second, turns it into lags and
lets every learner predict it, then learn it.

On a terminal it shows a live table, otherwise log lines.

Options
  --log    log lines on a terminal too
  --help   print this

Settings are environment variables: PIPELINE_INTERVAL (seconds between two
steps, 0 turns stepping off), MODEL_DIR, MILLRACE_DATA_DIR, MILLRACE_DATA_FILE,
MILLRACE_PORT_INFERENCE and others; docs/reference/config.md has all of them.

A data folder has one process that learns. With MILLRACE_ROLE=reader this one
follows it, with MILLRACE_ROLE=takeover it takes its place.

Ctrl-C finishes what runs and stops; a second Ctrl-C stops at once.
Exit code: 0 stopped, 1 failed or cut short, 2 used wrongly.
`

/** `millrace up`: everything in one process. */
export const upCommand: Command = {
  help,
  async run(args, env) {
    const { values } = parseFlags({ args, options: { log: { type: 'boolean', default: false } } })
    const config = parseConfig(env)
    const hasScreen = process.stdout.isTTY && env['TERM'] !== 'dumb' && !values.log
    const { logger, view, logs } = hasScreen ? onScreen(config, env) : onLog(config)
    return await startServices({
      config,
      names: serviceNames,
      logger,
      logs,
      ready(addresses, parts) {
        view.ready(addresses, parts)
        const stepper = startPipeline({ intervalSeconds: intervalOf(config), parts, logger, view })
        return { stop: async () => stepper?.stop(), closed: () => view.close() }
      }
    })
  }
}

interface Output {
  logger: Logger
  view: UpView
  /** Where log lines of other processes go, if not to standard output. */
  logs?: DestinationStream
}

function onLog(config: Config): Output {
  const logger = outputLogger(config.logLevel)
  return { logger, view: upLog(logger, { intervalSeconds: intervalOf(config), role: roleOf(config) }) }
}

function onScreen(config: Config, env: Environment): Output {
  const view = upScreen({
    terminal: process.stdout,
    hasColour: hasColour(env),
    intervalSeconds: intervalOf(config),
    role: roleOf(config)
  })
  return {
    logger: createLogger({ level: screenLevel(config.logLevel), destination: view.logs }),
    view,
    logs: view.logs
  }
}

function roleOf({ role }: Config): LearnerRole {
  return role === 'reader' ? 'reader' : 'writer'
}

/** Seconds between two steps; a reader takes none, since it may not teach. */
function intervalOf(config: Config): number {
  return roleOf(config) === 'reader' ? 0 : config.pipelineInterval
}
