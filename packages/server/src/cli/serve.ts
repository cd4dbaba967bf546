import { parseConfig } from '../config.ts'
import type { Config } from '../config-schema.ts'
import { createLogger } from '../logger.ts'
import { nearest } from '../nearest.ts'
import type { ServiceName } from '../platform.ts'
import type { Command } from './command.ts'
import { runServices } from './run-services.ts'
import { parseFlags, usageError } from './usage.ts'

const choices = ['inference', 'features', 'ingestion', 'coinbase', 'model'] as const

const help = `Usage: millrace serve <${choices.join('|')}>

One service, as a container runs it. HOST and PORT say where it listens; without PORT it has the
port it has in \`millrace up\`. MODEL_NAME chooses the learner of the model service. Logs are JSON lines.
`

/** `millrace serve`: one service in this process. */
export const serveCommand: Command = {
  name: 'serve',
  summary: `run one service: ${choices.join(', ')}`,
  async run(args, env) {
    const { values, positionals } = parseFlags({
      args,
      options: { help: { type: 'boolean', short: 'h', default: false } },
      allowPositionals: true
    })
    if (values.help) {
      process.stdout.write(help)
      return 0
    }
    const [choice, ...more] = positionals
    if (choice === undefined) throw usageError(`name the service to run, one of ${choices.join(', ')}`)
    if (more.length > 0) throw usageError(`one service at a time, got also ${more.join(' ')}`)
    const config = parseConfig(env)
    const name = serviceName(choice, config)
    const logger = createLogger({ level: config.logLevel })
    return await runServices({
      config,
      names: [name],
      logger,
      ready([address]) {
        logger.info({ service: choice, url: address?.url, ms: Math.round(performance.now()) }, 'service is ready')
        return { stop: async () => undefined, closed: () => undefined }
      }
    })
  }
}

function serviceName(choice: string, { modelName }: Config): ServiceName {
  const found = choices.find(name => name === choice)
  if (found !== undefined) return found === 'model' ? modelName : found
  const meant = nearest(choice, choices)
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`
  throw usageError(`there is no service ${choice}, choose one of ${choices.join(', ')}${hint}`)
}
