import { runStep } from '@millrace/engine'
import type { Config } from '../config-schema.ts'
import { parseConfig } from '../config.ts'
import { httpPorts, type PipelineAddresses } from '../pipeline/http-ports.ts'
import { exhaustedMessage, failedMessage, logLine, stepMessages } from '../pipeline/log-lines.ts'
import type { Command } from './command.ts'
import { parseFlags, usageError } from './usage.ts'

const help = `Usage: millrace pipeline run

One step of the pipeline over HTTP, for schedulers: take the next observation from the ingestion
service, turn it into lags at the feature service, let the four models predict and learn it.

Addresses are set by MILLRACE_INGESTION_URL, MILLRACE_FEATURES_URL, MILLRACE_LINEAR_URL,
MILLRACE_RIDGE_URL, MILLRACE_KNN_URL and MILLRACE_AMF_URL; by default they are those of
\`millrace up\` on this machine.

Exit code: 0 done, or the stream is at its end; 1 ingestion or features failed. A model that fails
is shown as ERROR and fails nothing else.
`

/** `millrace pipeline run`: one step of the pipeline over HTTP. */
export const pipelineCommand: Command = {
  name: 'pipeline',
  summary: 'run one step of the pipeline over HTTP (pipeline run)',
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
    if (positionals.length !== 1 || positionals[0] !== 'run') {
      throw usageError(`millrace pipeline takes one word, run; got ${positionals.join(' ') || 'none'}`)
    }
    return await runOnce(parseConfig(env))
  }
}

async function runOnce(config: Config): Promise<number> {
  try {
    const step = await runStep(httpPorts(addressesOf(config)), () => performance.now())
    if (step.outcome === 'exhausted') {
      log(process.stdout, exhaustedMessage)
      return 0
    }
    for (const message of stepMessages(step, now())) log(process.stdout, message)
    // The lines above are a format that programs read, so the reasons go elsewhere.
    for (const { label, error } of step.models) {
      if (error !== undefined) log(process.stderr, `WARNING: ${label} failed: ${reasonOf(error)}`)
    }
    return 0
  } catch (error) {
    log(process.stdout, failedMessage(error))
    return 1
  }
}

function addressesOf(config: Config): PipelineAddresses {
  return {
    ingestion: withoutSlash(config.ingestionUrl),
    features: withoutSlash(config.featuresUrl),
    models: [
      { label: 'Linear', url: withoutSlash(config.linearUrl) },
      { label: 'Ridge', url: withoutSlash(config.ridgeUrl) },
      { label: 'KNN', url: withoutSlash(config.knnUrl) },
      { label: 'AMFR', url: withoutSlash(config.amfUrl) }
    ]
  }
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '')
}

function log(output: NodeJS.WriteStream, message: string): void {
  output.write(`${logLine(now(), message)}\n`)
}

/** Milliseconds since 1970, with a fraction. */
function now(): number {
  return performance.timeOrigin + performance.now()
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
