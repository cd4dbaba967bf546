import { learnerNames } from '@millrace/engine'
import { parseConfig } from '../config.ts'
import type { Command } from './command.ts'
import { outputLogger } from './log-output.ts'
import { startServices } from './start-services.ts'
import { chosen, parseFlags, usageError } from './usage.ts'

const choices = ['inference', 'features', 'ingestion', 'coinbase', 'model'] as const

const help = `Usage: millrace serve <${choices.join('|')}>

One service, as a container runs it. HOST and PORT say where it listens; without
PORT it has the port it has in \`millrace up\`. Logs are JSON lines.

MODEL_NAME chooses the learner of the model service, one of
${learnerNames.join(', ')}.

Exit code: 0 stopped by a signal, 1 failed or cut short, 2 used wrongly.
`

/** `millrace serve`: one service in this process. */
export const serveCommand: Command = {
  help,
  async run(args, env) {
    const { positionals } = parseFlags({ args, allowPositionals: true })
    const [text, ...more] = positionals
    if (text === undefined) throw usageError(`name the service to run, one of ${choices.join(', ')}`)
    if (more.length > 0) throw usageError(`one service at a time, got also ${more.join(' ')}`)
    const service = chosen('service', text, choices)
    const config = parseConfig(env)
    const logger = outputLogger(config.logLevel)
    return await startServices({
      config,
      names: [service === 'model' ? config.modelName : service],
      logger,
      ready([address, grpc]) {
        const places = { url: address?.url, ...(grpc === undefined ? {} : { grpc: grpc.url }) }
        logger.info({ service, ...places, ms: Math.round(performance.now()) }, 'service is ready')
        return { stop: async () => undefined, closed: () => undefined }
      }
    })
  }
}
