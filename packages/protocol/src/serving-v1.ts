import { askerProperties } from './document-predict.ts'
import { type Static, Type } from './type.ts'

const anything = (description: string) => Type.Unsafe<unknown>({ description })

/** `POST /v1/models/{model}:predict`; for documents only, because the data are not checked twice. */
export const ServingPredictRequestSchema = Type.Object(
  {
    instances: Type.Optional(anything('Row form: a list with a value, or an object of named values, for each row.')),
    inputs: Type.Optional(anything('Column form: a tensor, or an object of named tensors.')),
    signature_name: Type.Optional(Type.String({ description: 'serving_default, or left out.' })),
    ...askerProperties
  },
  {
    title: 'ServingPredictRequest',
    description: 'A question to a model, as TensorFlow Serving and KServe V1 write it.'
  }
)

/** Reply of `POST /v1/models/{model}:predict`. */
export const ServingPredictReplySchema = Type.Object(
  {
    predictions: Type.Optional(Type.Array(Type.Unknown(), { description: 'Row form: one value or object a row.' })),
    outputs: Type.Optional(anything('Column form: a tensor, or an object of named tensors.'))
  },
  { title: 'ServingPredictReply', description: 'The answer of a model, as TensorFlow Serving and KServe V1 write it.' }
)

/** `GET /v1/models/{model}`. */
export const ServingStatusReplySchema = Type.Object(
  {
    name: Type.String({ description: 'Name of the model.' }),
    ready: Type.Boolean({ description: 'Whether it answers.' }),
    model_version_status: Type.Array(
      Type.Object({
        version: Type.String({ description: 'The version.' }),
        state: Type.String({ description: 'LOADING, AVAILABLE, UNLOADING or END.' }),
        status: Type.Object(
          {
            error_code: Type.String({ description: 'OK, or UNAVAILABLE.' }),
            error_message: Type.String({ description: 'Why it is not available.' })
          },
          { description: 'OK, or what is the matter.' }
        )
      }),
      { description: 'Newest version first.' }
    )
  },
  { title: 'ServingStatusReply', description: 'Where a model stands, for clients of KServe and of TensorFlow Serving.' }
)
/** `GET /v1/models/{model}`. */
export type ServingStatusReply = Static<typeof ServingStatusReplySchema>

/** `POST /invocations`; for documents only, because the data are not checked twice. */
export const InvocationRequestSchema = Type.Object(
  {
    dataframe_split: Type.Optional(anything('{ columns, data, index? }, as pandas writes it.')),
    dataframe_records: Type.Optional(anything('A list of objects, one a row.')),
    instances: Type.Optional(anything('Row form of TensorFlow Serving.')),
    inputs: Type.Optional(anything('Column form of TensorFlow Serving.')),
    params: Type.Optional(anything('{ unit_id?, request_id?, use_ab_testing? }; others are passed over.'))
  },
  { title: 'InvocationRequest', description: 'Exactly one of the four; or CSV with a header as text/csv.' }
)

/** Reply of `POST /invocations`. */
export const InvocationReplySchema = Type.Object(
  { predictions: anything('A value or an object for each row, or an object of named tensors.') },
  { title: 'InvocationReply', description: 'The answer of a model, as MLflow writes it.' }
)

/** Why an invocation failed. */
export const InvocationErrorReplySchema = Type.Object(
  {
    error_code: Type.String({ description: 'As MLflow names it, such as BAD_REQUEST.' }),
    message: Type.String({ description: 'What went wrong, for people.' }),
    code: Type.String({ description: 'Stable code to branch on, such as MILL_INPUT_INVALID.' }),
    details: Type.Unsafe<Record<string, unknown>>({
      type: 'object',
      additionalProperties: true,
      description: 'Facts to log or act on; depends on the code.'
    })
  },
  { title: 'InvocationErrorReply', description: 'Why an invocation failed.' }
)
