import { createWriteStream } from 'node:fs'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { GetObjectCommandOutput, S3Client } from '@aws-sdk/client-s3'
import { exponentialBackoff, type RetryDelay } from '../../redis/backoff.ts'
import { isGone } from './bucket-errors.ts'
import { retrying } from './retrying.ts'

/** An object as a bucket lists it. */
export interface BucketObject {
  readonly key: string
  readonly bytes: number
  /** Without its quotes. */
  readonly etag: string
}

/** The keys that a bucket is opened with. */
export interface BucketCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

/** Where a bucket is, and how long to try. */
export interface BucketOptions {
  readonly bucket: string
  readonly region: string
  /** Of what speaks the language of S3; that of AWS unless given. */
  readonly endpoint?: string | undefined
  /** Whether the bucket stands in the path instead of the host name; true with an endpoint unless given. */
  readonly forcePathStyle?: boolean | undefined
  /** As all AWS tools find them unless given. */
  readonly credentials?: BucketCredentials | undefined
  /** How often a request is tried before it has failed. */
  readonly attempts?: number
  readonly retryDelayMs?: RetryDelay
  /** Milliseconds without a byte after which a request is given up. */
  readonly timeoutMs?: number
  /** Most objects of one page of a listing; 1000 unless given, which is the most that S3 does. */
  readonly pageSize?: number
}

/** What is needed of a bucket. Every failed call was tried several times; it rejects with the error of the last. */
export interface Bucket {
  /** All objects whose keys begin so, in the order of the keys. */
  list(prefix: string): Promise<BucketObject[]>
  /** @returns undefined for an object that is not there */
  look(key: string): Promise<BucketObject | undefined>
  /** Write that very content of an object to a new file that is on the disk when this resolves. */
  download(object: BucketObject, path: string): Promise<void>
  close(): void
}

/** Open a bucket; loads the client of S3, which takes its time, and asks nothing yet. */
export async function openBucket(options: BucketOptions): Promise<Bucket> {
  const {
    bucket: Bucket,
    attempts = 4,
    retryDelayMs = exponentialBackoff({ firstMs: 100 }),
    timeoutMs = 20_000
  } = options
  const { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command } = await import('@aws-sdk/client-s3')
  const client = await newClient(options)
  const closing = new AbortController()
  const tried = <T>(run: (limit: Stall) => Promise<T>): Promise<T> =>
    retrying(() => withinTime(run, { timeoutMs, closing: closing.signal }), {
      attempts,
      delayMs: retryDelayMs,
      signal: closing.signal
    })
  return {
    async list(Prefix) {
      const objects: BucketObject[] = []
      let ContinuationToken: string | undefined
      do {
        const input = { Bucket, Prefix, ContinuationToken, MaxKeys: options.pageSize, EncodingType: 'url' as const }
        const page = await tried(({ signal }) => client.send(new ListObjectsV2Command(input), { abortSignal: signal }))
        const decode = page.EncodingType === 'url' ? decodeKey : (key: string) => key
        for (const { Key, Size, ETag } of page.Contents ?? []) objects.push(toObject(decode(Key!), Size, ETag))
        ContinuationToken = page.IsTruncated === true ? page.NextContinuationToken : undefined
      } while (ContinuationToken !== undefined)
      return objects
    },
    async look(Key) {
      try {
        const command = new HeadObjectCommand({ Bucket, Key })
        const { ContentLength, ETag } = await tried(({ signal }) => client.send(command, { abortSignal: signal }))
        return toObject(Key, ContentLength, ETag)
      } catch (error) {
        if (isGone(error)) return undefined
        throw error
      }
    },
    download(object, path) {
      return tried(async limit => {
        const command = new GetObjectCommand({ Bucket, Key: object.key, ...sameContent(object) })
        const { Body } = await client.send(command, { abortSignal: limit.signal })
        await writeBody(Body, { object, path, limit })
      })
    },
    close() {
      closing.abort()
      client.destroy()
    }
  }
}

async function newClient(options: BucketOptions): Promise<S3Client> {
  const { region, endpoint, forcePathStyle = endpoint !== undefined, credentials, timeoutMs = 20_000 } = options
  const { S3Client } = await import('@aws-sdk/client-s3')
  return new S3Client({
    region,
    forcePathStyle,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials: { ...credentials, sessionToken: credentials.sessionToken! } }),
    // Tries again are ours: a body that breaks off is none of the client's.
    maxAttempts: 1,
    followRegionRedirects: true,
    requestHandler: { connectionTimeout: Math.min(3000, timeoutMs) }
  })
}

/** Ends a request that brings nothing any more. */
interface Stall {
  readonly signal: AbortSignal
  /** Something came. */
  progress(): void
}

async function withinTime<T>(
  run: (limit: Stall) => Promise<T>,
  { timeoutMs, closing }: { timeoutMs: number; closing: AbortSignal }
): Promise<T> {
  const stalled = new AbortController()
  const timer = setTimeout(() => stalled.abort(), timeoutMs)
  try {
    return await run({ signal: AbortSignal.any([stalled.signal, closing]), progress: () => timer.refresh() })
  } finally {
    clearTimeout(timer)
  }
}

async function writeBody(
  body: GetObjectCommandOutput['Body'],
  { object, path, limit }: { object: BucketObject; path: string; limit: Stall }
): Promise<void> {
  let bytes = 0
  const counter = new Transform({
    transform(piece: Buffer, _encoding, done) {
      bytes += piece.length
      limit.progress()
      done(null, piece)
    }
  })
  const source = body as NodeJS.ReadableStream
  await pipeline(source, counter, createWriteStream(path, { flush: true }), { signal: limit.signal })
  if (bytes !== object.bytes) throw new Error(`${object.key} has ${object.bytes} bytes, got ${bytes}`)
}

/** Without an ETag there is nothing to compare. */
function sameContent({ etag }: BucketObject): { IfMatch?: string } {
  return etag === '' ? {} : { IfMatch: `"${etag}"` }
}

function toObject(key: string, bytes = 0, etag = ''): BucketObject {
  return { key, bytes, etag: etag.replace(/^(W\/)?"|"$/g, '') }
}

/** As forms of the web are encoded. */
function decodeKey(key: string): string {
  return decodeURIComponent(key.replaceAll('+', ' '))
}
