import { type Static, type TSchema, Type } from './type.ts'
import { experimentId, MetricSchema } from './experiments.ts'

const nullableNumber = (description: string) => Type.Unsafe<number | null>({ type: ['number', 'null'], description })

const StepSchema = Type.Object(
  {
    share: Type.Number({ minimum: 0, maximum: 1, description: 'Share of traffic for the candidate.' }),
    min_requests: Type.Optional(
      Type.Integer({
        minimum: 1,
        default: 100,
        description: 'Requests of the candidate and of control before the next step.'
      })
    ),
    min_seconds: Type.Optional(
      Type.Number({ minimum: 0, default: 60, description: 'Seconds before the next step at the earliest.' })
    )
  },
  { description: 'A step of the rollout.' }
)

const GuardSchema = Type.Object(
  {
    measure: Type.String({ description: 'error_rate, latency, or a metric that POST /feedback tells.' }),
    tolerance: Type.Optional(
      Type.Number({ minimum: 0, description: 'How much worse is let pass; 0.1 relative to control unless given.' })
    ),
    relative: Type.Optional(
      Type.Boolean({ description: 'Whether the tolerance is relative to control, 0.1 for ten per cent.' })
    )
  },
  { description: 'What may not become worse.' }
)

/** `POST /canaries`: how a candidate comes to take over an alias. Unknown fields are refused. */
export const CanaryPlanSchema = Type.Object(
  {
    id: Type.Optional(Type.String({ ...experimentId })),
    model: Type.String({ description: 'Model whose requests it takes a share of.' }),
    alias: Type.Optional(
      Type.String({ default: 'default', description: 'Alias that stands for the candidate in the end.' })
    ),
    candidate: Type.String({ description: 'Version that is to take over.' }),
    steps: Type.Optional(
      Type.Array(Type.Union([Type.Number({ minimum: 0, maximum: 0.95, description: 'Share alone.' }), StepSchema]), {
        description: 'Shares of traffic, growing; 0.05, 0.25 and 0.5 unless given.'
      })
    ),
    guards: Type.Optional(
      Type.Array(Type.Union([Type.String({ description: 'Measure alone.' }), GuardSchema]), {
        description: 'What is compared with control all the time; error_rate, latency and quality unless given.'
      })
    ),
    metrics: Type.Optional(
      Type.Array(MetricSchema, { description: 'What is measured, from what POST /feedback tells, as in experiments.' })
    ),
    alpha: Type.Optional(
      Type.Number({ default: 0.05, description: 'Chance that a candidate no worse than control is rolled back.' })
    ),
    interval_seconds: Type.Optional(Type.Number({ default: 1, description: 'Seconds between two looks.' })),
    max_requests: Type.Optional(
      Type.Integer({
        description: 'Requests to the candidate after which a person has to decide, when numbers do not.'
      })
    )
  },
  {
    title: 'CanaryPlan',
    description: 'POST /canaries: how a candidate comes to take over an alias. Unknown fields are refused.',
    examples: [
      {
        id: 'to-v2',
        model: 'tabular_classifier',
        candidate: 'v2.0',
        steps: [
          { share: 0.05, min_requests: 200, min_seconds: 60 },
          { share: 0.5, min_requests: 1000, min_seconds: 300 }
        ],
        guards: ['latency', { measure: 'error_rate', tolerance: 0.01, relative: false }]
      }
    ]
  }
)

const CheckSchema = Type.Object(
  {
    measure: Type.String({ description: 'What is compared.' }),
    canary: nullableNumber('Of the candidate; null while there is nothing.'),
    control: nullableNumber('Of control; null while there is nothing.'),
    harm: nullableNumber('How much worse the candidate is; negative when it is better.'),
    interval: Type.Unsafe<readonly [number, number] | null>({
      type: ['array', 'null'],
      items: { type: 'number', description: 'Its ends.' },
      description: 'Within which the harm lies, whenever one looks, but for a chance of alpha.'
    }),
    tolerance: Type.Number({ description: 'How much worse is let pass.' }),
    says: Type.String({ description: 'breach, pass, unsure or no data.' })
  },
  { description: 'What a guard says.' }
)

/** A canary as it stands. */
export const CanaryReplySchema = Type.Object(
  {
    id: Type.String({ ...experimentId }),
    model: Type.String({ description: 'Model whose requests it takes a share of.' }),
    alias: Type.String({ description: 'Alias that stands for the candidate in the end.' }),
    candidate: Type.String({ description: 'Version that is to take over.' }),
    control: Type.String({ description: 'Version that it is compared with.' }),
    verdict: Type.String({ description: 'running, frozen, undecided, promoted, rolled_back or cancelled.' }),
    step: Type.Integer({ minimum: 0, description: 'Index of the step that it is in.' }),
    step_since: Type.String({ description: 'Since when, ISO 8601.' }),
    share: Type.Number({ description: 'Share of traffic that the candidate has now.' }),
    steps: Type.Array(StepSchema, { description: 'Shares of traffic, one after the other.' }),
    guards: Type.Array(GuardSchema, { description: 'What is compared with control.' }),
    metrics: Type.Array(MetricSchema, { description: 'What is measured.' }),
    alpha: Type.Number({ description: 'Chance that a candidate no worse than control is rolled back.' }),
    interval_seconds: Type.Number({ description: 'Seconds between two looks.' }),
    max_requests: Type.Integer({ description: 'Requests after which a person has to decide.' }),
    requests: Type.Object(
      {
        canary: Type.Integer({ description: 'To the candidate.' }),
        control: Type.Integer({ description: 'To control.' })
      },
      { description: 'Requests that came to each since it began, those that failed among them.' }
    ),
    checks: Type.Array(CheckSchema, { description: 'What each guard says now.' }),
    decisions: Type.Array(
      Type.Object(
        {
          at: Type.String({ description: 'When, ISO 8601.' }),
          what: Type.String({ description: 'What was decided.' }),
          details: Type.Unsafe<Record<string, unknown>>({
            type: 'object',
            additionalProperties: true,
            description: 'The numbers that decided.'
          })
        },
        { description: 'A decision.' }
      ),
      { description: 'What was decided and why, the newest last.' }
    ),
    revision: Type.Integer({ minimum: 1, description: 'One more with each change.' })
  },
  { title: 'CanaryReply', description: 'A canary as it stands, with the numbers.' }
)
/** A canary as it stands. */
export type CanaryReply = Static<typeof CanaryReplySchema>

/** Reply of `GET /canaries`. */
export const CanaryListReplySchema: TSchema = Type.Object(
  { canaries: Type.Array(CanaryReplySchema, { description: 'In the order of their ids.' }) },
  { title: 'CanaryListReply', description: 'Reply of GET /canaries.' }
)

/** `POST /canaries/{id}/rollback`. */
export const CanaryRollbackRequestSchema = Type.Object(
  { reason: Type.Optional(Type.String({ maxLength: 1000, description: 'Why, for the decision log.' })) },
  { title: 'CanaryRollbackRequest', description: 'POST /canaries/{id}/rollback; the body may be left out.' }
)
