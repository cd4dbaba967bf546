import { type Static, Type } from './type.ts'
import { askerProperties, RoutingSchema } from './document-predict.ts'

const count = (description: string) => Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description })
/** Far beyond any amount of money, and well within what a model computes with. */
const largestAmount = 1e15
const share = { minimum: 0, maximum: 1 }

/** `POST /predict/fraud`: is this visitor a fraud. */
export const FraudRequestSchema = Type.Object(
  {
    user_id: Type.String({ description: 'Who it is.', examples: ['user_123'] }),
    ip_address: Type.String({ description: 'Address of the visitor, IPv4 or IPv6.', examples: ['192.168.1.1'] }),
    user_agent: Type.String({ description: 'What the browser calls itself.', examples: ['Mozilla/5.0...'] }),
    impressions_24h: count('Impressions of the last 24 hours.'),
    clicks_24h: count('Clicks of the last 24 hours.'),
    app_id: Type.Optional(
      Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'App that the visitor uses.' })
    ),
    device_info: Type.Optional(
      Type.Unsafe<Record<string, unknown> | null>({
        type: ['object', 'null'],
        description: 'What is known of the device: rooted, jailbroken and emulator count.'
      })
    ),
    ...askerProperties
  },
  { title: 'FraudRequest', description: 'POST /predict/fraud: is this visitor a fraud.' }
)
/** `POST /predict/fraud`. */
export type FraudRequest = Static<typeof FraudRequestSchema>

/** `POST /predict/ctr`: how likely is a click. */
export const CtrRequestSchema = Type.Object(
  {
    placement_id: Type.String({ description: 'Where the ad is shown.', examples: ['placement_456'] }),
    ad_format: Type.String({ description: 'Kind of the ad.', examples: ['banner'] }),
    user_segments: Type.Optional(
      Type.Array(Type.String({ description: 'Name of a segment.' }), {
        default: [],
        description: 'Segments that the user belongs to.',
        examples: [['sports', 'tech']]
      })
    ),
    time_of_day: Type.Integer({ minimum: 0, maximum: 23, description: 'Hour, 0 to 23.' }),
    day_of_week: Type.Integer({ minimum: 0, maximum: 6, description: '0 to 6; 0 is Monday.' }),
    historical_ctr: Type.Optional(
      Type.Unsafe<number | null>({ type: ['number', 'null'], ...share, description: 'Clicks per impression so far.' })
    ),
    ...askerProperties
  },
  { title: 'CtrRequest', description: 'POST /predict/ctr: how likely is a click.' }
)
/** `POST /predict/ctr`. */
export type CtrRequest = Static<typeof CtrRequestSchema>

/** `POST /predict/bid`: what to bid for 1,000 impressions. */
export const BidRequestSchema = Type.Object(
  {
    placement_id: Type.String({ description: 'Where the ad is shown.', examples: ['placement_789'] }),
    floor_cpm: Type.Number({ minimum: 0, maximum: largestAmount, description: 'Lowest price for 1,000 impressions.' }),
    predicted_ctr: Type.Number({ ...share, description: 'Clicks per impression that are expected.' }),
    competition_level: Type.Unsafe<'low' | 'medium' | 'high'>({
      type: 'string',
      enum: ['low', 'medium', 'high'],
      description: 'How many others bid.'
    }),
    budget_remaining: Type.Number({ minimum: 0, maximum: largestAmount, description: 'Money that is left.' }),
    ...askerProperties
  },
  { title: 'BidRequest', description: 'POST /predict/bid: what to bid for 1,000 impressions.' }
)
/** `POST /predict/bid`. */
export type BidRequest = Static<typeof BidRequestSchema>

const around = {
  model_name: Type.String({ description: 'Name of the model.' }),
  model_version: Type.String({ description: 'Version that answered.' }),
  confidence: Type.Unsafe<number | null>({
    type: ['number', 'null'],
    description: 'How sure the model is, 0 to 1; null where it does not say.'
  }),
  latency_ms: Type.Number({ description: 'Milliseconds from the question to the answer.' }),
  cached: Type.Boolean({ description: 'True when the answer was made for an earlier request.' }),
  request_id: Type.String({ description: 'Id of the request, its own or made.' }),
  routing: RoutingSchema
}

/** Reply of `POST /predict/fraud`; `confidence` is the probability of what it says. */
export const FraudReplySchema = Type.Object(
  {
    ...around,
    prediction: Type.Object(
      {
        fraud_score: Type.Number({ ...share, description: 'Probability of fraud.' }),
        is_fraud: Type.Boolean({ description: 'Whether that is more than 0.5.' })
      },
      { description: 'What the model says.' }
    )
  },
  { title: 'FraudReply', description: 'Reply of POST /predict/fraud.' }
)
/** Reply of `POST /predict/fraud`. */
export type FraudReply = Static<typeof FraudReplySchema>

/** Reply of `POST /predict/ctr`. */
export const CtrReplySchema = Type.Object(
  {
    ...around,
    prediction: Type.Object(
      { predicted_ctr: Type.Number({ ...share, description: 'Probability of a click.' }) },
      { description: 'What the model says.' }
    )
  },
  { title: 'CtrReply', description: 'Reply of POST /predict/ctr.' }
)
/** Reply of `POST /predict/ctr`. */
export type CtrReply = Static<typeof CtrReplySchema>

/** Reply of `POST /predict/bid`. */
export const BidReplySchema = Type.Object(
  {
    ...around,
    prediction: Type.Object(
      {
        optimized_cpm: Type.Number({
          minimum: 0,
          description: 'What to bid: at least the floor, at most what the budget allows; 0 when it does not allow that.'
        }),
        confidence_interval: Type.Array(Type.Number(), {
          minItems: 2,
          maxItems: 2,
          description: 'Lowest and highest bid that may be best, within the same limits.'
        })
      },
      { description: 'What the model says.' }
    )
  },
  { title: 'BidReply', description: 'Reply of POST /predict/bid.' }
)
/** Reply of `POST /predict/bid`. */
export type BidReply = Static<typeof BidReplySchema>
