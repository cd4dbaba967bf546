import { type Static, type TSchema, Type } from './type.ts'

const nullable = (type: string, description: string, more: object = {}) =>
  Type.Unsafe<string | null>({ type: [type, 'null'], description, ...more })
const nullableNumber = (description: string) => Type.Unsafe<number | null>({ type: ['number', 'null'], description })

/** One version in the reply of `GET /models`. */
export const ListedVersionSchema = Type.Object(
  {
    version: Type.String({ description: 'Name of the version.', examples: ['v1.0'] }),
    name: Type.String({ description: 'Name of the version for people.', examples: ['Model v1.0'] }),
    accuracy: nullableNumber('Share of right answers on held-out data; null where it is not known.'),
    created_at: nullable('string', 'When it was made, ISO 8601; null where it is not known.'),
    is_active: Type.Boolean({ description: 'Whether it answers requests that name no version.' }),
    model: Type.String({ description: 'Name of the model.' }),
    model_type: nullable('string', 'Kind of estimator; null where it is not known.'),
    aliases: Type.Array(Type.String(), { description: 'Aliases that stand for it.' }),
    state: Type.String({ description: 'READY, UNAVAILABLE, LOADING or UNLOADING.' }),
    reason: Type.String({ description: 'Why it is not ready; empty when it is.' })
  },
  { title: 'ListedVersion', description: 'One version in the reply of GET /models.' }
)
/** One version in the reply of `GET /models`. */
export type ListedVersion = Static<typeof ListedVersionSchema>

/** Reply of `GET /models`: versions, the newest first. */
export const ModelListReplySchema: TSchema = Type.Array(ListedVersionSchema, {
  title: 'ModelListReply',
  description: 'Reply of GET /models: versions, the newest first.'
})

/** Query of requests that are about one model. */
export const ModelQuerySchema = Type.Object({
  model: Type.Optional(
    Type.String({ description: 'Name of the model, in place of the one that the path is meant for.' })
  )
})
/** Query of requests that are about one version. */
export const VersionQuerySchema = Type.Object({
  ...ModelQuerySchema.properties,
  version: Type.Optional(Type.String({ description: 'Version or alias; the active version unless given.' }))
})

const TensorInfoSchema = Type.Object(
  {
    name: Type.String({ description: 'Name in the file.' }),
    type: Type.String({ description: 'Type, as ONNX Runtime writes it.', examples: ['tensor(float)'] }),
    shape: Type.Array(Type.Unsafe<number | null>({ type: ['integer', 'null'] }), {
      description: 'Sizes of the dimensions; null where any will do.'
    })
  },
  { description: 'An input or output of the model.' }
)

/** Reply of `GET /models/info`: all that the metadata say, and what was found in the file. */
export const ModelFileInfoReplySchema = Type.Object(
  {
    model_name: Type.String({ description: 'Name of the model.' }),
    version: Type.String({ description: 'Version that this is about.' }),
    onnx_inputs: Type.Array(TensorInfoSchema, { description: 'What the model takes.' }),
    onnx_outputs: Type.Array(TensorInfoSchema, { description: 'What the model gives.' }),
    providers: Type.Array(Type.String(), { description: 'What it runs on.' }),
    session_options: Type.Unsafe<Record<string, unknown>>({
      type: 'object',
      additionalProperties: true,
      description: 'How it is run.'
    })
  },
  {
    title: 'ModelFileInfoReply',
    description: 'Reply of GET /models/info: all that the metadata say, and what was found in the file.',
    additionalProperties: true
  }
)
/** Reply of `GET /models/info`. */
export type ModelFileInfoReply = Static<typeof ModelFileInfoReplySchema>

const versionNames = (description: string) => Type.Array(Type.String({ description: 'model/version' }), { description })

/** Reply of `POST /models/reload` and `POST /model/reload`. */
export const ReloadReplySchema = Type.Object(
  {
    status: Type.String({ description: 'success.' }),
    message: Type.String({ description: 'What was done.' }),
    model_name: nullable('string', 'The model that the path is about; null when there is none.'),
    model_version: nullable('string', 'Its version that answers now; null when there is none.'),
    timestamp: Type.String({ description: 'When, ISO 8601.' }),
    loaded: versionNames('Versions that are served now and were not before.'),
    unloaded: versionNames('Versions that are no longer served.')
  },
  { title: 'ReloadReply', description: 'Reply of POST /models/reload and POST /model/reload.' }
)
/** Reply of `POST /models/reload` and `POST /model/reload`. */
export type ReloadReply = Static<typeof ReloadReplySchema>

/** Path of `POST /models/{version}/activate`. */
export const ActivateParamsSchema = Type.Object({
  version: Type.String({ description: 'Version that is to answer from now on.' })
})

/** Reply of `POST /models/{version}/activate` and `POST /models/rollback`. */
export const ActivateReplySchema = Type.Object(
  {
    message: Type.String({ description: 'What was done.' }),
    model: Type.String({ description: 'Name of the model.' }),
    version: Type.String({ description: 'Its version that answers now.' }),
    previous_version: nullable('string', 'The one that answered before; null when none did.')
  },
  { title: 'ActivateReply', description: 'Reply of POST /models/{version}/activate and POST /models/rollback.' }
)
/** Reply of `POST /models/{version}/activate`. */
export type ActivateReply = Static<typeof ActivateReplySchema>

const rows = (description: string) => Type.Array(Type.Array(Type.Number()), { description })

/** Reply of `GET /sample`: rows to try a model with. */
export const SampleReplySchema = Type.Object(
  {
    message: Type.String({ description: 'What these are.' }),
    model_name: Type.String({ description: 'Name of the model.' }),
    test_input: rows('Rows that can be sent to POST /predict as data.'),
    expected_output: Type.Array(Type.Union([Type.Number(), Type.String()]), { description: 'The class of each row.' }),
    sample_input: rows('The same as test_input.')
  },
  { title: 'SampleReply', description: 'Reply of GET /sample: rows to try a model with.' }
)
/** Reply of `GET /sample`. */
export type SampleReply = Static<typeof SampleReplySchema>
