import { type Static, type TSchema, Type } from './type.ts'
import { experimentId } from './experiments.ts'

const nullableNumber = (description: string) => Type.Unsafe<number | null>({ type: ['number', 'null'], description })
const count = (description: string) => Type.Integer({ minimum: 0, description })

const fields = {
  id: Type.String({ ...experimentId }),
  model: Type.String({ description: 'Model whose requests are copied.' }),
  candidate: Type.String({ description: 'Version that is asked the same.' })
}
const settings = {
  candidate_model: Type.String({ description: 'Model of the candidate; the same unless given.' }),
  share: Type.Number({ minimum: 0, maximum: 1, description: 'Share of requests that are copied; all unless given.' }),
  queue_limit: Type.Integer({
    minimum: 1,
    maximum: 10_000,
    default: 100,
    description: 'Copies that may wait; more are dropped and counted.'
  }),
  absolute_tolerance: Type.Number({
    minimum: 0,
    default: 1e-6,
    description: 'Difference up to which numbers are the same.'
  }),
  relative_tolerance: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 1e-4,
    description: 'The same, relative to the number.'
  })
}

/** `POST /shadows`: a candidate that is asked what another version is asked. Unknown fields are refused. */
export const ShadowDefinitionSchema = Type.Object(
  {
    id: Type.Optional(fields.id),
    model: fields.model,
    candidate: fields.candidate,
    version: Type.Optional(
      Type.String({ description: 'Requests that this version answers are copied; of every version unless given.' })
    ),
    candidate_model: Type.Optional(settings.candidate_model),
    share: Type.Optional(settings.share),
    queue_limit: Type.Optional(settings.queue_limit),
    absolute_tolerance: Type.Optional(settings.absolute_tolerance),
    relative_tolerance: Type.Optional(settings.relative_tolerance)
  },
  {
    title: 'ShadowDefinition',
    description: 'POST /shadows: a candidate that is asked what another version is asked. Unknown fields are refused.',
    examples: [{ id: 'v3-unseen', model: 'tabular_classifier', candidate: 'v3.0', share: 0.1 }]
  }
)

const DifferenceSchema = Type.Object(
  {
    output: Type.String({ description: 'Name of the output.' }),
    compared: count('Values that were compared.'),
    same: count('Of those, the same within the tolerances.'),
    max_absolute: Type.Number({ description: 'Largest difference.' }),
    mean_absolute: Type.Number({ description: 'Mean of the differences.' }),
    agreement: nullableNumber('Share of rows with the same class; null for an output of numbers.')
  },
  { description: 'How an output of the two differs.' }
)

/** What a shadow has shown so far. */
export const ShadowReplySchema = Type.Object(
  {
    ...fields,
    version: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'Requests that this version answers are copied; null for every version.'
    }),
    ...settings,
    running: Type.Boolean({ description: 'Whether requests are copied.' }),
    started_at: Type.String({ description: 'ISO 8601.' }),
    copied: count('Requests that were copied.'),
    compared: count('Of those, answers that were compared.'),
    dropped: count('Requests that were not copied because too many waited.'),
    failed: count('Copies that the candidate could not answer.'),
    last_failure: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'Why the last of those failed.'
    }),
    incomparable: count('Answers whose outputs differ in name, type or shape.'),
    latency_ms: Type.Object(
      { live: nullableNumber('Of the version that answered.'), candidate: nullableNumber('Of the candidate.') },
      { description: 'Mean milliseconds of a run; null before the first.' }
    ),
    outputs: Type.Array(DifferenceSchema, { description: 'How the outputs differ.' }),
    examples: Type.Array(
      Type.Object(
        {
          request_id: Type.String({ description: 'Id of the request.' }),
          output: Type.String({ description: 'Name of the output.' }),
          difference: Type.Number({ description: 'By how much.' })
        },
        { description: 'A request whose answers differ.' }
      ),
      { description: 'The requests that differed most, at most 20.' }
    )
  },
  { title: 'ShadowReply', description: 'What a shadow has shown so far.' }
)
/** What a shadow has shown so far. */
export type ShadowReply = Static<typeof ShadowReplySchema>

/** Reply of `GET /shadows`. */
export const ShadowListReplySchema: TSchema = Type.Object(
  { shadows: Type.Array(ShadowReplySchema, { description: 'In the order of their ids.' }) },
  { title: 'ShadowListReply', description: 'Reply of GET /shadows.' }
)
