import { type Static, Type } from 'typebox'

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

/** `GET /next`: one observation, handed out once. */
export const ObservationReplySchema = Type.Object(
  {
    observation_id: Type.Integer({ minimum: 1, description: 'Position in the stream, from 1.' }),
    input: Type.String({ description: 'When or under what input the value was observed, such as 1949-01.' }),
    target: Type.Number({ description: 'The observed value.' }),
    remaining: Type.Integer({ minimum: 0, description: 'How many observations are left after this one.' })
  },
  { title: 'ObservationReply', description: 'GET /next: one observation, handed out once.' }
)
/** `GET /next`: one observation. */
export type ObservationReply = Static<typeof ObservationReplySchema>

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
