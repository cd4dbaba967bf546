import { promisify } from 'node:util'
import { constants, deflate, gunzip, gzip, inflate } from 'node:zlib'
import { failure, HttpError } from '../http/failure.ts'

/** The codings of HTTP that tensors come and go in; `deflate` is the format of zlib (RFC 9110, section 8.4.1.2). */
export type Coding = 'gzip' | 'deflate'

const decoders = { gzip: gunzip, deflate: inflate }
const encoders = { gzip: promisify(gzip), deflate: promisify(deflate) }

/** Replies shorter than this are compressed only for clients that ask for one coding by name. */
const worthwhileBytes = 1024

/**
 * Hand a body on as it was before it was compressed; that is done in another thread.
 * @param limit most bytes that may come out; what would be more is given up on the way
 * @param done gets the body or an error: MILL_MEDIA_TYPE_UNSUPPORTED, MILL_BODY_TOO_LARGE, or MILL_REQUEST_INVALID for
 *   bytes that are not of that coding
 */
export function decompress(
  { body, contentEncoding }: { body: Buffer; contentEncoding: string },
  limit: number,
  done: (error: Error | null, whole?: Buffer) => void
): void {
  const name = contentEncoding.trim().toLowerCase()
  if (name === 'identity') return done(null, body)
  if (name !== 'gzip' && name !== 'deflate') return done(unknownCoding(name))
  decoders[name](body, { maxOutputLength: limit }, (error, whole) => {
    if (error === null) return done(null, whole)
    done(error instanceof RangeError ? tooLarge(limit) : damaged(name))
  })
}

function unknownCoding(name: string): HttpError {
  const got = JSON.stringify(name.slice(0, 100))
  return new HttpError(
    failure(
      'MILL_MEDIA_TYPE_UNSUPPORTED',
      `the Content-Encoding of a body must be gzip, deflate or identity, got ${got}`
    )
  )
}

function tooLarge(limit: number): HttpError {
  const message = `the decompressed body is larger than the ${limit} bytes that the service takes`
  return new HttpError(failure('MILL_BODY_TOO_LARGE', message))
}

function damaged(coding: Coding): HttpError {
  return new HttpError(failure('MILL_REQUEST_INVALID', `the body is not ${coding}, as its Content-Encoding says`))
}

/** Compress a reply, fast rather than small, in another thread. */
export function compress(coding: Coding, body: Buffer | string): Promise<Buffer> {
  return encoders[coding](body, { level: constants.Z_BEST_SPEED })
}

/** The coding that a reply of so many bytes is to have by `Accept-Encoding`: gzip before deflate, none if neither. */
export function wantedCoding(acceptEncoding: string | undefined, bytes: number): Coding | undefined {
  if (acceptEncoding === undefined) return undefined
  const accepted = acceptEncoding
    .toLowerCase()
    .split(',')
    .filter(each => !/;\s*q=0(\.0*)?\s*$/.test(each))
    .map(each => each.split(';')[0]!.trim())
  const coding = (['gzip', 'deflate'] as const).find(each => accepted.includes(each))
  // Most HTTP libraries accept all they know without being told; only who asks for one means it whatever it costs.
  return accepted.length === 1 || bytes >= worthwhileBytes ? coding : undefined
}
