import { largestMagnitude } from '@millrace/common'
import { type Static, Type } from './type.ts'

/** The most Unicode characters a series id may have, so that it still fits into the path of a request. */
export const longestSeriesId = 1024

/** Name of a series: any text, not only letters and digits; in a path it is percent-encoded. */
export const SeriesIdSchema = Type.String({
  maxLength: longestSeriesId,
  description: `Name of the series: any text of up to ${longestSeriesId} characters.`
})

/** Limits of every number that is learned from or kept as a lag. */
export const learnable = { minimum: -largestMagnitude, maximum: largestMagnitude }

/**
 * Features of one observation. Written by hand because a record in TypeBox becomes `patternProperties` whose pattern
 * does not match names with a line break, and values of names that match nothing would pass unchecked.
 */
export const FeaturesSchema = Type.Unsafe<Record<string, number>>({
  type: 'object',
  additionalProperties: { type: 'number', ...learnable },
  description: 'Map from feature name to number. Names may be any text and may change from call to call.',
  examples: [{ in_1: 125, in_2: 120, in_3: 115 }]
})
/** Features of one observation: own keys only, any text is a name. */
export type Features = Static<typeof FeaturesSchema>

/** A sentence that confirms what was done. */
export const MessageReplySchema = Type.Object(
  { message: Type.String({ description: 'What was done.' }) },
  { title: 'MessageReply', description: 'A sentence that confirms what was done.' }
)
/** A sentence that confirms what was done. */
export type MessageReply = Static<typeof MessageReplySchema>
