import { styleText } from 'node:util'

const labels = new Map([
  [40, 'WARN'],
  [50, 'ERROR'],
  [60, 'FATAL']
])

/**
 * A JSON log line as one line for people: level, service, sentence, what went wrong. Text that is not a JSON log line
 * comes back as it is.
 */
export function logText(line: string, hasColour: boolean): string {
  const entry = parse(line)
  if (entry === undefined) return line.trimEnd()
  const level = typeof entry['level'] === 'number' ? entry['level'] : 0
  const label = labels.get(level) ?? 'INFO'
  const shown = hasColour ? styleText(level >= 50 ? 'red' : 'yellow', label, { validateStream: false }) : label
  const reason = messageOf(entry['err'])
  const subject = ['service', 'model'].map(key => entry[key]).filter(value => typeof value === 'string')
  const sentence = typeof entry['msg'] === 'string' ? entry['msg'] : ''
  return [shown, ...subject, reason === undefined ? sentence : `${sentence}: ${reason}`].join(' ')
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function messageOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('message' in error)) return undefined
  return String(error.message)
}
