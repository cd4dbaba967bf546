import { runStep } from '@millrace/engine'
import type { Config } from '../config-schema.ts'
import { parseConfig } from '../config.ts'
import { httpPorts, type PipelineAddresses } from '../pipeline/http-ports.ts'
import { exhaustedMessage, failedMessage, logLine, stepMessages } from '../pipeline/log-lines.ts'
import type { Command } from './command.ts'
import { print } from './print.ts'
import { parseFlags, usageError } from './usage.ts'

const help = `Usage: millrace pipeline run

One step of the pipeline over HTTP, for schedulers: take the next observation
from the ingestion service, turn it into lags at the feature service, let the
four models predict and learn it.

Addresses are set by MILLRACE_INGESTION_URL, MILLRACE_FEATURES_URL,
MILLRACE_LINEAR_URL, MILLRACE_RIDGE_URL, MILLRACE_KNN_URL and MILLRACE_AMF_URL;
by default they are those of \`millrace up\` on this machine.

Exit code: 0 done, or the stream is at its end; 1 ingestion or features failed;
2 used wrongly. A model that fails is shown as ERROR and fails nothing else; one
that is down gets the same observation again in the next run, and whoever has it
already learns it once.
`

/** `millrace pipeline run`: one step of the pipeline over HTTP. */
export const pipelineCommand: Command = {
  help,
  async run(args, env) {
    const { positionals } = parseFlags({ args, allowPositionals: true })
    if (positionals.length !== 1 || positionals[0] !== 'run') {
      throw usageError(`millrace pipeline takes one word, run; got ${positionals.join(' ') || 'none'}`)
    }
    return await runOnce(parseConfig(env))
  }
}

async function runOnce(config: Config): Promise<number> {
  const { messages, warnings, code } = await step(config)
  // The messages are a format that programs read, so the reasons of warnings go elsewhere.
  await Promise.all([log(process.stdout, messages), log(process.stderr, warnings)])
  return code
}

async function step(config: Config): Promise<{ messages: string[]; warnings: string[]; code: number }> {
  try {
    const result = await runStep(httpPorts(addressesOf(config)), () => performance.now())
    if (result.outcome === 'exhausted') return { messages: [exhaustedMessage], warnings: [], code: 0 }
    const warnings = result.models.flatMap(({ label, error }) =>
      error === undefined ? [] : [`WARNING: ${label} failed: ${reasonOf(error)}`]
    )
    if (!result.isCommitted) warnings.push('WARNING: The next run takes the same observation again')
    return { messages: stepMessages(result, now()), warnings, code: 0 }
  } catch (error) {
    return { messages: [failedMessage(error)], warnings: [], code: 1 }
  }
}

async function log(output: NodeJS.WriteStream, messages: readonly string[]): Promise<void> {
  if (messages.length === 0) return
  await print(output, messages.map(message => `${logLine(now(), message)}\n`).join(''))
}

/** Milliseconds since 1970, with a fraction. */
function now(): number {
  return performance.timeOrigin + performance.now()
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

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
