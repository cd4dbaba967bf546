import { type Static, Type } from './type.ts'

const total = Type.Integer({ minimum: 0, description: 'Number of observations in the stream.' })

/** `GET /health` of the ingestion service. */
export const IngestionHealthReplySchema = Type.Object(
  {
    status: Type.Literal('healthy', { description: 'Always healthy while the service answers.' }),
    total_observations: total
  },
  { title: 'IngestionHealthReply', description: 'GET /health of the ingestion service.' }
)
/** `GET /health` of the ingestion service. */
export type IngestionHealthReply = Static<typeof IngestionHealthReplySchema>

/** Headers of `GET /next`. */
export const NextHeadersSchema = Type.Object({
  'x-millrace-delivery': Type.Optional(
    Type.Unsafe<'hold'>({
      type: 'string',
      enum: ['hold'],
      description: 'hold: answer the next observation without moving on, again and again until POST /commit.'
    })
  )
})

/** `GET /next`: one observation. */
export const ObservationReplySchema = Type.Object(
  {
    observation_id: Type.Integer({ minimum: 1, description: 'Position in the stream, from 1.' }),
    input: Type.String({ description: 'When or under what input the value was observed, such as 1949-01.' }),
    target: Type.Number({ description: 'The observed value.' }),
    remaining: Type.Integer({ minimum: 0, description: 'How many observations are left after this one.' }),
    observation_key: Type.String({
      description:
        'Unlike observation_id it is another one after each reset and for each file: what to send on as an id.'
    }),
    held: Type.Optional(
      Type.Literal(true, {
        description: 'The stream stays at this observation until POST /commit. Only with X-Millrace-Delivery: hold.'
      })
    )
  },
  { title: 'ObservationReply', description: 'GET /next: one observation.' }
)
/** `GET /next`: one observation. */
export type ObservationReply = Static<typeof ObservationReplySchema>

/** `POST /commit`: move past an observation that was held. */
export const CommitRequestSchema = Type.Object(
  {
    observation_id: Type.Integer({ minimum: 1, description: 'That of the observation.' }),
    observation_key: Type.String({ minLength: 1, maxLength: 4096, description: 'That of the observation.' })
  },
  { title: 'CommitRequest', description: 'POST /commit: move past an observation that was held.' }
)
/** `POST /commit`: move past an observation that was held. */
export type CommitRequest = Static<typeof CommitRequestSchema>

/** Reply of `POST /commit`. */
export const CommitReplySchema = Type.Object(
  {
    observation_id: Type.Integer({ minimum: 1, description: 'That of the request.' }),
    observation_key: Type.String({ description: 'That of the request.' }),
    status: Type.Literal('committed', { description: 'The stream is past the observation, now or since before.' })
  },
  { title: 'CommitReply', description: 'Reply of POST /commit; a repeat gets the same.' }
)
/** Reply of `POST /commit`. */
export type CommitReply = Static<typeof CommitReplySchema>

/** `POST /reset`. */
export const ResetReplySchema = Type.Object(
  { message: Type.String({ description: 'What was done.' }), total_observations: total },
  { title: 'ResetReply', description: 'POST /reset.' }
)
/** `POST /reset`. */
export type ResetReply = Static<typeof ResetReplySchema>

/** `GET /status`: where the stream stands. */
export const StreamStatusReplySchema = Type.Object(
  {
    current_index: Type.Integer({ minimum: 0, description: 'How many observations have been handed out.' }),
    total_observations: total,
    remaining: Type.Integer({ minimum: 0, description: 'How many are left.' }),
    completed: Type.Boolean({ description: 'True once all have been handed out.' })
  },
  { title: 'StreamStatusReply', description: 'GET /status: where the stream stands.' }
)
/** `GET /status`: where the stream stands. */
export type StreamStatusReply = Static<typeof StreamStatusReplySchema>
