import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { optionError } from '@millrace/common'
import type { StreamItem } from '@millrace/store'

/** The keys of one stream's observations. */
export interface ObservationKeys {
  format(item: StreamItem): string
  /** The item that has the key. @throws {MillraceError} MILL_OPTION_INVALID for a key of another stream */
  parse(observationKey: string): StreamItem
}

/**
 * Keys such as `sample/0/17`: the stream, how many times it was reset, and the position from 0. At most 110 characters,
 * all of them visible ASCII, as an observation id in an HTTP header must be. A stream that is named by the path of its
 * file, or otherwise does not fit, goes by the end of its name and a digest of the whole, so that two files of one name
 * differ and no folder shows.
 */
export function observationKeys(stream: string): ObservationKeys {
  const prefix = `${shortName(stream)}/`
  return {
    format: ({ round, index }) => `${prefix}${round}/${index}`,
    parse(observationKey) {
      const numbers = observationKey.startsWith(prefix) ? observationKey.slice(prefix.length) : ''
      const [, round, index] = /^(0|[1-9]\d{0,14})\/(0|[1-9]\d{0,14})$/.exec(numbers) ?? []
      if (round === undefined) throw optionError('observationKey', `one of the stream ${prefix}`, observationKey)
      return { round: Number(round), index: Number(index) }
    }
  }
}

function shortName(stream: string): string {
  if (/^[\w.-]{1,60}$/.test(stream)) return stream
  const name = basename(stream)
    .replaceAll(/[^\w.-]/g, '_')
    .slice(-60)
  return `${name}-${createHash('sha256').update(Buffer.from(stream, 'utf16le')).digest('hex').slice(0, 12)}`
}
