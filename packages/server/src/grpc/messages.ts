/** The messages of `inference.proto` as they arrive: 64-bit numbers are texts, fields not sent have the defaults of proto3. */
export interface InferParameter {
  bool_param?: boolean
  int64_param?: string
  string_param?: string
  double_param?: number
  uint64_param?: string
}

/** Free further settings, by name. */
export type InferParameters = Readonly<Record<string, InferParameter>>

/** Elements of a tensor, in the one field for its type. */
export interface InferTensorContents {
  bool_contents: boolean[]
  int_contents: number[]
  int64_contents: string[]
  uint_contents: number[]
  uint64_contents: string[]
  fp32_contents: number[]
  fp64_contents: number[]
  bytes_contents: Uint8Array[]
}

/** An input of {@link ModelInferRequest}. */
export interface InferInputTensor {
  name: string
  datatype: string
  shape: string[]
  parameters: InferParameters
  contents: InferTensorContents | null
}

/** An output that {@link ModelInferRequest} asks for. */
export interface InferRequestedOutputTensor {
  name: string
  parameters: InferParameters
}

/** A question to a model. */
export interface ModelInferRequest {
  model_name: string
  model_version: string
  id: string
  parameters: InferParameters
  inputs: InferInputTensor[]
  outputs: InferRequestedOutputTensor[]
  raw_input_contents: Uint8Array[]
}

/** The answer of a model, with the elements of its outputs in `raw_output_contents`. */
export interface ModelInferResponse {
  model_name: string
  model_version: string
  id: string
  parameters?: InferParameters
  outputs: { name: string; datatype: string; shape: readonly number[] }[]
  raw_output_contents: Uint8Array[]
}

/** An answer in a stream: one of both. */
export interface ModelStreamInferResponse {
  error_message?: string
  infer_response?: Partial<ModelInferResponse>
}

/** Names a version of a model: an empty version is the default one. */
export interface ModelVersionRequest {
  name: string
  version: string
}

/** Which versions to list. */
export interface RepositoryIndexRequest {
  repository_name: string
  ready: boolean
}

/** One way to say how a model is to be loaded. */
export interface ModelRepositoryParameter {
  bool_param?: boolean
  int64_param?: string
  string_param?: string
  bytes_param?: Uint8Array
}

/** Names a model to load or unload. */
export interface RepositoryModelRequest {
  repository_name: string
  model_name: string
  parameters: Readonly<Record<string, ModelRepositoryParameter>>
}
