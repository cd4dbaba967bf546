import { type Setting, settings, wantedBy } from '@millrace/server'
import { table } from './markdown-table.ts'

/** `docs/reference/config.md`, from the schema of the settings. */
export function configPage(): string {
  return `# Settings

Millrace is configured by environment variables, read once at start. An empty variable counts as not set. Every fault is
reported at once, with the code \`MILL_CONFIG_INVALID\`; a name that begins with \`MILLRACE_\` and is not listed here is one,
unless it is of the kind Kubernetes sets for services, such as \`MILLRACE_SERVICE_HOST\`. Numbers are plain decimals.

This page is made by \`node scripts/make-reference.ts\`.

${table(['Variable', 'Default', 'Must be', 'Meaning'], [...settings.values()].map(row))}
`
}

function row(setting: Setting): string[] {
  return [namesOf(setting), standardOf(setting), wantedBy(setting), setting.description]
}

function standardOf({ default: standard, portKey }: Setting): string {
  if (portKey !== undefined) return `\`http://127.0.0.1:\` and the port set by \`${settings.get(portKey)?.env}\``
  return standard === undefined ? 'none' : `\`${standard}\``
}

function namesOf({ env, otherEnv }: Setting): string {
  return otherEnv === undefined ? `\`${env}\`` : `\`${env}\` or \`${otherEnv}\``
}
