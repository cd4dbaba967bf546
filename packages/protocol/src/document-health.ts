import { type Static, Type } from './type.ts'
import { ModelHealthReplySchema } from './model.ts'

const check = (of: string) =>
  Type.Unsafe<'healthy' | 'degraded'>({
    type: 'string',
    enum: ['healthy', 'degraded'],
    description: `How it stands with ${of}.`
  })

/** `GET /health` of the inference service: what a model service tells of its learner, and how the models stand. */
export const InferenceHealthReplySchema = Type.Object(
  {
    ...ModelHealthReplySchema.properties,
    status: Type.Unsafe<'ok' | 'degraded'>({
      type: 'string',
      enum: ['ok', 'degraded'],
      description: 'degraded while something is away that predictions do not need.'
    }),
    model_loaded: Type.Boolean({ description: 'Whether POST /predict with data would be answered.' }),
    models_loaded: Type.Integer({ minimum: 0, description: 'Models that answer.' }),
    model_name: Type.String({ description: 'Name of the model that answers POST /predict with data.' }),
    redis_connected: Type.Boolean({ description: 'Whether a Redis is configured and answers.' }),
    uptime: Type.Number({ description: 'Seconds since the service began.' }),
    uptime_seconds: Type.Number({ description: 'The same.' }),
    version: Type.String({ description: 'Version of the API.' }),
    timestamp: Type.String({ description: 'Time of the server, ISO 8601.' }),
    checks: Type.Object(
      {
        model: check('the models'),
        s3: Type.Unsafe<'healthy' | 'degraded' | 'not configured'>({
          type: 'string',
          enum: ['healthy', 'degraded', 'not configured'],
          description: 'Whether the bucket that models come from could be read when it was last looked at.'
        }),
        redis: Type.Unsafe<'healthy' | 'degraded' | 'not configured'>({
          type: 'string',
          enum: ['healthy', 'degraded', 'not configured'],
          description: 'Whether Redis answers.'
        }),
        learner: check('the learner: degraded while it cannot learn'),
        experiments: check('experiments: degraded while what they measure cannot be kept'),
        response_time_ms: Type.Number({ description: 'Milliseconds that this reply took.' })
      },
      { description: 'How each part stands.' }
    )
  },
  { title: 'InferenceHealthReply', description: 'GET /health of the inference service.' }
)
/** `GET /health` of the inference service. */
export type InferenceHealthReply = Static<typeof InferenceHealthReplySchema>
