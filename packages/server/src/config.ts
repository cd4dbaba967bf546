import { MillraceError } from '@millrace/common'
import { type Config, type Setting, settings } from './config-schema.ts'
import { nearest } from './nearest.ts'
import { redisProblems } from './redis-address.ts'

/**
 * Read every setting from environment variables. An empty variable counts as not set; variables that belong to
 * others are passed over, except that an unknown name beginning with MILLRACE_ is a fault.
 * @throws {MillraceError} MILL_CONFIG_INVALID, naming every bad setting at once
 */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const problems = unknownNames(env)
  const config: Record<string, unknown> = {}
  const given: Record<string, unknown> = {}
  for (const [key, setting] of settings) {
    const names = namesGiven(setting, env)
    const [name] = names
    if (name === undefined) {
      const standard = standardOf(setting, config)
      if (standard !== undefined) config[key] = standard
      continue
    }
    const text = env[name]!
    const value = read(setting, text)
    const wanted = unmet(setting, value)
    if (wanted !== undefined) {
      problems.push(`${name} must be ${wanted}, got ${JSON.stringify(withoutPassword(text))}`)
    } else if (names.some(other => env[other] !== text)) {
      problems.push(`${names.join(' and ')} differ and mean the same; set one of them`)
    } else config[key] = given[key] = value
  }
  problems.push(...redisProblems(given))
  // Each key of the schema has been read and checked, so this is a Config.
  if (problems.length === 0) return Object.freeze(config) as Config
  throw new MillraceError('MILL_CONFIG_INVALID', `invalid configuration: ${problems.join('; ')}`, {
    details: { problems }
  })
}

/** The names of a setting that are set. */
function namesGiven({ env: name, otherEnv }: Setting, env: Readonly<Record<string, string | undefined>>): string[] {
  return [name, otherEnv ?? name]
    .filter((each, index, all) => all.indexOf(each) === index)
    .filter(each => (env[each] ?? '') !== '' && !isLinkOfKubernetes(each, env[each]!))
}

/** Ports stand before addresses in the schema, so the port is known by now unless it is at fault. */
function standardOf({ default: standard, portKey }: Setting, config: Record<string, unknown>): unknown {
  return portKey === undefined ? standard : `http://127.0.0.1:${String(config[portKey])}`
}

/** What a setting wants, in words: `an integer from 0 to 65535`. */
export function wantedBy(setting: Setting): string {
  if (setting.enum !== undefined) return `one of ${setting.enum.join(', ')}`
  if (setting.wanted !== undefined) return setting.wanted
  if (setting.type === 'string') return 'text'
  return `${setting.type === 'integer' ? 'an integer' : 'a number'} from ${setting.minimum} to ${setting.maximum}`
}

// Number() alone would take '', ' 5', '0x10' and '1e3', which nobody means.
const plainNumber = { integer: /^-?\d+$/, number: /^-?\d+(\.\d+)?$/ }

function read({ type, otherWords }: Setting, text: string): number | string {
  if (otherWords !== undefined) return otherWords[text.toLowerCase()] ?? text.toLowerCase()
  if (type === 'string') return text
  return plainNumber[type].test(text) ? Number(text) : Number.NaN
}

function unmet(setting: Setting, value: number | string): string | undefined {
  const isMet =
    typeof value === 'number'
      ? value >= (setting.minimum ?? -Infinity) && value <= (setting.maximum ?? Infinity)
      : (setting.enum?.includes(value) ?? true) && new RegExp(setting.pattern ?? '').test(value)
  return isMet ? undefined : wantedBy(setting)
}

// A cluster sets these for every service whose name begins with "millrace".
const setByKubernetes = /_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/

/** For a service named redis a cluster sets REDIS_PORT to the address of the service. */
function isLinkOfKubernetes(name: string, text: string): boolean {
  return name === 'REDIS_PORT' && text.startsWith('tcp://')
}

function withoutPassword(text: string): string {
  return text.replace(/\/\/[^/@]*@/, '//…@')
}

const ourPrefix = 'MILLRACE_'

/** What all names share would make any two of them alike. */
function withoutPrefix(name: string): string {
  return name.startsWith(ourPrefix) ? name.slice(ourPrefix.length) : name
}

function unknownNames(env: Readonly<Record<string, string | undefined>>): string[] {
  const names = new Map([...settings.values()].map(setting => [withoutPrefix(setting.env), setting.env]))
  return Object.keys(env)
    .filter(name => name.startsWith(ourPrefix) && names.get(withoutPrefix(name)) !== name)
    .filter(name => !setByKubernetes.test(name.slice('MILLRACE'.length)))
    .map(name => {
      const meant = names.get(nearest(withoutPrefix(name), [...names.keys()]) ?? '')
      return `${name} is not a setting${meant === undefined ? '' : `; did you mean ${meant}?`}`
    })
}
