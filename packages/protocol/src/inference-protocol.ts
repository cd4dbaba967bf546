import { type Static, Type } from './type.ts'

const text = (description: string) => Type.String({ description })
const count = (description: string) => Type.Integer({ minimum: 0, description })

/** A value whose parts no schema describes. */
const anything = (description: string) => Type.Unsafe<unknown>({ description })

/** An object of which only some keys are described. */
const openObject = (description: string) =>
  Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true, description })

/** Why a request of a standard protocol failed: `error` for its clients, the rest as everywhere. */
export const ProtocolErrorReplySchema = Type.Object(
  {
    error: text('What went wrong, where clients of Triton, KServe and TensorFlow Serving look for it.'),
    code: text('Stable code to branch on, such as MILL_INPUT_INVALID.'),
    message: text('What went wrong, for people.'),
    details: openObject('Facts to log or act on; depends on the code.')
  },
  { title: 'ProtocolErrorReply', description: 'Why a request of a standard protocol failed.' }
)

const TensorMetadataSchema = Type.Object(
  {
    name: text('Name of the tensor.'),
    datatype: text('BOOL, UINT8 to UINT64, INT8 to INT64, FP16, FP32, FP64 or BYTES.'),
    shape: Type.Array(Type.Integer(), { description: 'Sizes of the dimensions; -1 for any.' })
  },
  { title: 'TensorMetadata', description: 'A tensor that a model takes or gives.' }
)

/** `GET /v2/models/{model}`. */
export const ProtocolModelReplySchema = Type.Object(
  {
    name: text('Name of the model.'),
    versions: Type.Array(Type.String(), { description: 'Versions that can be asked, oldest first.' }),
    platform: text('onnxruntime_onnx or millrace_learner.'),
    inputs: Type.Array(TensorMetadataSchema, { description: 'What the model takes.' }),
    outputs: Type.Array(TensorMetadataSchema, { description: 'What it gives.' })
  },
  { title: 'ProtocolModelReply', description: 'What a model takes and gives.' }
)
/** `GET /v2/models/{model}`. */
export type ProtocolModelReply = Static<typeof ProtocolModelReplySchema>

/** `GET /v2`. */
export const ServerMetadataReplySchema = Type.Object(
  {
    name: text('Name of the program.'),
    version: text('Version of the program.'),
    extensions: Type.Array(Type.String(), { description: 'Extensions of the protocol that are implemented.' })
  },
  { title: 'ServerMetadataReply', description: 'What this server is, by the Open Inference Protocol.' }
)

/** `GET /v2/health/live` and `/ready`. */
export const ServerHealthReplySchema = Type.Object(
  {
    live: Type.Boolean({ description: 'True while the server answers.' }),
    ready: Type.Optional(Type.Boolean({ description: 'Whether requests for models are answered.' }))
  },
  { title: 'ServerHealthReply', description: 'How the server is.' }
)

/** `GET /v2/models/{model}/ready`. */
export const ModelReadyReplySchema = Type.Object(
  { name: text('Name of the model.'), ready: Type.Boolean({ description: 'True: the model answers.' }) },
  { title: 'ModelReadyReply', description: 'The model answers; one that does not is answered 503.' }
)

/** `GET /v2/models`. */
export const ProtocolModelListReplySchema = Type.Object(
  { models: Type.Array(Type.String(), { description: 'Names of all models.' }) },
  { title: 'ProtocolModelListReply', description: 'All models.' }
)

const parameters = (description: string) => Type.Optional(openObject(description))

/** `POST /v2/models/{model}/infer`; for documents only, because the data are not checked twice. */
export const ProtocolInferRequestSchema = Type.Object(
  {
    id: Type.Optional(text('Comes back in the reply.')),
    parameters: parameters(
      'timeout, priority, binary_data_output, feature_names, use_cache, cache_ttl, unit_id, use_ab_testing.'
    ),
    inputs: Type.Array(
      Type.Object({
        name: text('Name of the input.'),
        shape: Type.Array(Type.Integer({ minimum: 0 }), { description: 'Sizes of the dimensions.' }),
        datatype: text('Type of the elements.'),
        parameters: parameters('binary_data_size, or content_type str or base64.'),
        data: Type.Optional(anything('The elements, row-major, flat or nested; absent for a binary input.'))
      }),
      {
        description: 'Every input of the model once.',
        examples: [[{ name: 'x', shape: [1, 2], datatype: 'FP32', data: [1.5, 2] }]]
      }
    ),
    outputs: Type.Optional(
      Type.Array(
        Type.Object({ name: text('Name of the output.'), parameters: parameters('binary_data or classification.') }),
        { description: 'All outputs of the model unless given.' }
      )
    )
  },
  { title: 'ProtocolInferRequest', description: 'A question to a model, by the Open Inference Protocol.' }
)

/** Reply of `POST /v2/models/{model}/infer`. */
export const ProtocolInferReplySchema = Type.Object(
  {
    model_name: text('Name of the model.'),
    model_version: text('The version that answered.'),
    id: text('That of the request, or the id of the HTTP request.'),
    parameters: parameters(
      'cached: true when the answer was made for an earlier request. Where an experiment or canary decided: ' +
        'route_reason, experiment, arm, probability and sticky.'
    ),
    outputs: Type.Array(
      Type.Object({
        name: text('Name of the output.'),
        datatype: text('Type of the elements.'),
        shape: Type.Array(Type.Integer(), { description: 'Sizes of the dimensions.' }),
        parameters: parameters('binary_data_size of a binary output.'),
        data: Type.Optional(Type.Array(Type.Unknown(), { description: 'The elements, row-major, in one list.' }))
      }),
      { description: 'In the order asked for, or that of the model.' }
    )
  },
  { title: 'ProtocolInferReply', description: 'The answer of a model, by the Open Inference Protocol.' }
)

const duration = Type.Object(
  { count: count('How often.'), ns: count('Nanoseconds in all.') },
  { title: 'StatisticDuration', description: 'Time spent on one part of requests.' }
)

/** `GET /v2/models/stats` and below. */
export const ModelStatisticsReplySchema = Type.Object(
  {
    model_stats: Type.Array(
      Type.Object({
        name: text('Name of the model.'),
        version: text('The version.'),
        last_inference: count('Milliseconds since 1970; 0 before the first.'),
        inference_count: count('Rows that were run; answers from the cache are not among them.'),
        execution_count: count('Runs of the model.'),
        inference_stats: Type.Object(
          {
            success: duration,
            fail: duration,
            queue: duration,
            compute_input: duration,
            compute_infer: duration,
            compute_output: duration,
            cache_hit: duration,
            cache_miss: duration
          },
          { description: 'Time spent, by what became of requests and by the part of their way.' }
        ),
        response_stats: openObject('Always empty: no model answers in several parts.'),
        batch_stats: Type.Array(
          Type.Object({
            batch_size: count('Rows of a run.'),
            compute_input: duration,
            compute_infer: duration,
            compute_output: duration
          }),
          { description: 'Runs by the rows that ran together.' }
        ),
        memory_usage: Type.Array(
          Type.Object({
            type: text('CPU.'),
            id: Type.Integer({ description: 'Always 0.' }),
            byte_size: count('Estimated bytes.')
          }),
          { description: 'Memory while it is loaded.' }
        )
      }),
      { description: 'One entry for each version.' }
    )
  },
  { title: 'ModelStatisticsReply', description: 'What was asked of versions since the server began.' }
)
/** `GET /v2/models/stats` and below. */
export type ModelStatisticsReply = Static<typeof ModelStatisticsReplySchema>

const ConfigTensorSchema = Type.Object({
  name: text('Name of the tensor.'),
  data_type: text('TYPE_ and the type; TYPE_STRING for texts.'),
  dims: Type.Array(Type.Integer(), { description: 'Sizes without the batch dimension; -1 for any.' }),
  reshape: Type.Optional(openObject('Where the model itself has no dimension but the batch.'))
})

/** `GET /v2/models/{model}/config`, as Triton writes its configuration. */
export const ModelConfigReplySchema = Type.Object(
  {
    name: text('Name of the model.'),
    platform: text('onnxruntime_onnx or millrace_learner.'),
    backend: text('onnxruntime or millrace.'),
    max_batch_size: count('Most rows of one run; 0 for a model without batches.'),
    input: Type.Array(ConfigTensorSchema, { description: 'What the model takes.' }),
    output: Type.Array(ConfigTensorSchema, { description: 'What it gives.' }),
    version_policy: openObject('Which versions are served.'),
    instance_group: Type.Array(openObject('Where sessions run.'), { description: 'Sessions, by where they run.' }),
    default_model_filename: text('Name of the file of a version.'),
    dynamic_batching: Type.Optional(openObject('Present where requests are run together.'))
  },
  { title: 'ModelConfigReply', description: 'The configuration of a model, in the form of Triton.' }
)
/** `GET /v2/models/{model}/config`. */
export type ModelConfigReply = Static<typeof ModelConfigReplySchema>

/** `POST /v2/repository/index`. */
export const RepositoryIndexRequestSchema = Type.Object(
  { ready: Type.Optional(Type.Boolean({ description: 'True for ready versions only.' })) },
  { title: 'RepositoryIndexRequest', description: 'Which versions to list; the body may be empty.' }
)

/** Reply of `POST /v2/repository/index`. */
export const RepositoryIndexReplySchema = Type.Array(
  Type.Object({
    name: text('Name of the model.'),
    version: Type.Optional(text('The version; absent for a model that has none.')),
    state: Type.Optional(text('READY, UNAVAILABLE, LOADING or UNLOADING.')),
    reason: Type.Optional(text('Why it is not ready.'))
  }),
  { title: 'RepositoryIndexReply', description: 'One entry for each version.' }
)
/** Reply of `POST /v2/repository/index`. */
export type RepositoryIndexReply = Static<typeof RepositoryIndexReplySchema>

/** `POST /v2/repository/models/{model}/load`. */
export const LoadModelRequestSchema = Type.Object(
  {
    parameters: parameters(
      'config: a configuration of Triton, as JSON in a text, in place of that of the model until it is loaded again. file:<version>/<name>: with it, all files of the model, in base64.'
    )
  },
  { title: 'LoadModelRequest', description: 'The body may be empty.' }
)

/** `POST /v2/repository/models/{model}/unload`. */
export const UnloadModelRequestSchema = Type.Object(
  { parameters: parameters('unload_dependents: accepted; no model depends on another.') },
  { title: 'UnloadModelRequest', description: 'The body may be empty.' }
)

/** Reply of a call that has nothing to tell. */
export const EmptyReplySchema = Type.Object({}, { title: 'EmptyReply', description: 'Done.' })

/** `GET /v2/models/{model}/aliases`. */
export const AliasesReplySchema = Type.Object(
  {
    name: text('Name of the model.'),
    aliases: Type.Unsafe<Record<string, string>>({
      type: 'object',
      additionalProperties: { type: 'string' },
      description: 'The version of each alias; default is the one that answers when none is named.'
    })
  },
  { title: 'AliasesReply', description: 'All aliases of a model.' }
)

/** One alias. */
export const AliasReplySchema = Type.Object(
  { name: text('Name of the model.'), alias: text('The alias.'), version: text('The version it stands for.') },
  { title: 'AliasReply', description: 'The version that an alias stands for.' }
)

/** `PUT /v2/models/{model}/aliases/{alias}`. */
export const AliasRequestSchema = Type.Object(
  { version: text('The version that the alias is to stand for.') },
  { title: 'AliasRequest', description: 'Move an alias.' }
)

/** `POST /v2/models/{model}/rollback`. */
export const RollbackReplySchema = Type.Object(
  { name: text('Name of the model.'), version: text('The version that answers by default again.') },
  { title: 'RollbackReply', description: 'The default version is again the one before.' }
)

/** `POST /v2/models/{model}/versions`. */
export const FreezeRequestSchema = Type.Object(
  { version: Type.Optional(text('Name of the new version; the number of observations learned unless given.')) },
  { title: 'FreezeRequest', description: 'Keep a learner as it is now; the body may be empty.' }
)

/** Reply of `POST /v2/models/{model}/versions`. */
export const VersionReplySchema = Type.Object(
  {
    name: text('Name of the model.'),
    version: text('The version.'),
    state: text('READY, UNAVAILABLE, LOADING or UNLOADING.'),
    reason: text('Why it is not ready.')
  },
  { title: 'VersionReply', description: 'Where a version stands.' }
)
