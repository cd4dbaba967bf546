import { Type } from '@millrace/protocol'

/** A port to listen on. */
export function port(env: string, standard: number, service: string) {
  return Type.Integer({
    env,
    default: standard,
    minimum: 0,
    maximum: 65535,
    description: `Port of ${service}; 0 picks a free one.`
  })
}

/** Keywords of an address in the web. */
export const webAddress = { pattern: '^https?://[^\\s]+$', wanted: 'an http:// or https:// address' }

/** An address that follows from a port setting unless it is set itself. */
export function url(env: string, portKey: string, service: string) {
  return Type.String({
    env,
    ...webAddress,
    portKey,
    description: `Where \`millrace pipeline run\` finds ${service}.`
  })
}

/** One of some names. */
export function choice<Name extends string>(
  names: readonly Name[],
  options: { env: string; default: Name; description: string; otherWords?: Readonly<Record<string, Name>> }
) {
  return Type.Unsafe<Name>({ type: 'string', enum: names, ...options })
}
