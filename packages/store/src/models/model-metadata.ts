/** One feature of a model, in the order of its columns. */
export interface FeatureMetadata {
  readonly name: string
  /** Smallest and largest value that makes sense. */
  readonly min?: number | undefined
  readonly max?: number | undefined
  readonly description?: string | undefined
}

/** What `metadata.json` says of a version: everything is optional on disk, and keys unknown here are kept. */
export interface ModelMetadata {
  readonly modelName?: string | undefined
  readonly version?: string | undefined
  /** A name for people: `Model v1.0`. */
  readonly name?: string | undefined
  readonly description?: string | undefined
  /** `classification`, `regression`, or the kind of estimator. */
  readonly modelType?: string | undefined
  /** ISO 8601. */
  readonly createdAt?: string | undefined
  /** SHA-256 of `model.onnx`, in hexadecimal. */
  readonly sha256?: string | undefined
  readonly features: readonly FeatureMetadata[]
  /** Names of the classes in the order of the probabilities. */
  readonly classNames: readonly string[]
  /** Share of right answers on held-out data. */
  readonly accuracy?: number | undefined
  readonly metrics: Readonly<Record<string, number>>
  /** Which output means what. */
  readonly outputs: {
    /** Output that holds the class, or the predicted value. */
    readonly prediction?: string | undefined
    /** Output that holds the probability of each class. */
    readonly probabilities?: string | undefined
    /** Outputs that hold the ends of an interval around the prediction. */
    readonly low?: string | undefined
    readonly high?: string | undefined
  }
  /** The whole file as it was parsed. */
  readonly raw: Readonly<Record<string, unknown>>
}
