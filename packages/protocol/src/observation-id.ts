import { Type } from './type.ts'

/** The most Unicode characters an observation id may have. */
export const longestObservationId = 256

/** What a repeat of an observation is known by; an integer means the same as its decimal text. */
export const ObservationIdSchema = Type.Unsafe<string | number>({
  type: ['string', 'integer'],
  minLength: 1,
  maxLength: longestObservationId,
  minimum: Number.MIN_SAFE_INTEGER,
  maximum: Number.MAX_SAFE_INTEGER,
  description:
    `Id of this observation: text of 1 to ${longestObservationId} characters, or an integer, which means the same as its ` +
    'decimal text. A repeat is answered as the first time and changes nothing.',
  examples: ['prices-2024-01-15']
})

/** Headers of a request that carries an observation. */
export const IdempotencyHeadersSchema = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      description: `The observation id in a header: 1 to ${longestObservationId} visible ASCII characters, plain or as a quoted string.`
    })
  )
})
