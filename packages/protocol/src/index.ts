export {
  FeaturesSchema,
  longestSeriesId,
  MessageReplySchema,
  SeriesIdSchema,
  type Features,
  type MessageReply
} from './common.ts'
export { ErrorReplySchema, RequestFaultSchema, type ErrorReply, type RequestFault } from './errors.ts'
export {
  AnyFeedbackReplySchema,
  AnyFeedbackRequestSchema,
  FeedbackBatchReplySchema,
  FeedbackBatchRequestSchema,
  FeedbackReplySchema,
  FeedbackRequestSchema,
  largestFeedbackBatch,
  OutcomeReplySchema,
  OutcomeRequestSchema,
  type FeedbackBatchReply,
  type FeedbackReply,
  type FeedbackRequest,
  type OutcomeReply
} from './feedback.ts'
export {
  CommitReplySchema,
  CommitRequestSchema,
  IngestionHealthReplySchema,
  NextHeadersSchema,
  ObservationReplySchema,
  ResetReplySchema,
  StreamStatusReplySchema,
  type CommitReply,
  type CommitRequest,
  type IngestionHealthReply,
  type ObservationReply,
  type ResetReply,
  type StreamStatusReply
} from './ingestion.ts'
export {
  AddReplySchema,
  AddRequestSchema,
  FeaturesHealthReplySchema,
  FeaturesInfoReplySchema,
  SeriesInfoSchema,
  SeriesParamsSchema,
  SeriesReplySchema,
  type AddReply,
  type AddRequest,
  type FeaturesHealthReply,
  type FeaturesInfoReply,
  type SeriesInfo,
  type SeriesParams,
  type SeriesReply
} from './features.ts'
export {
  BatchErrorSchema,
  largestBatch,
  LearnBatchReplySchema,
  LearnBatchRequestSchema,
  type BatchError,
  type LearnBatchReply,
  type LearnBatchRequest
} from './learn-batch.ts'
export { IdempotencyHeadersSchema, longestObservationId, ObservationIdSchema } from './observation-id.ts'
export {
  LearnRequestSchema,
  ModelHealthReplySchema,
  ModelInfoReplySchema,
  PredictLearnReplySchema,
  PredictManyReplySchema,
  PredictManyRequestSchema,
  PredictReplySchema,
  PredictRequestSchema,
  type LearnRequest,
  type ModelHealthReply,
  type ModelInfoReply,
  type PredictLearnReply,
  type PredictManyReply,
  type PredictManyRequest,
  type PredictReply,
  type PredictRequest
} from './model.ts'
export {
  ModelDescriptionSchema,
  ModelMetricsReplySchema,
  SeriesMetricsSchema,
  type ModelDescription,
  type ModelMetricsReply,
  type SeriesMetrics
} from './model-metrics.ts'
export { CoinbaseHealthReplySchema, PriceReplySchema, type CoinbaseHealthReply, type PriceReply } from './coinbase.ts'
export { WelcomeReplySchema, type WelcomeReply } from './inference.ts'
export {
  AnyPredictReplySchema,
  AnyPredictRequestSchema,
  DataPredictReplySchema,
  DataPredictRequestSchema,
  largestPredictBatch,
  ListPredictReplySchema,
  ListPredictRequestSchema,
  longestRequestId,
  longestUnitId,
  NamedWinePredictRequestSchema,
  RoutingSchema,
  wineFeatureNames,
  WineFeaturesSchema,
  WinePredictReplySchema,
  WinePredictRequestSchema,
  type DataPredictReply,
  type DataPredictRequest,
  type ListPredictReply,
  type ListPredictRequest,
  type NamedWinePredictRequest,
  type Routing,
  type WineFeatures,
  type WinePredictReply,
  type WinePredictRequest
} from './document-predict.ts'
export {
  FailedPredictReplySchema,
  PredictBatchReplySchema,
  PredictBatchRequestSchema,
  RequestsBatchRequestSchema,
  WineBatchRequestSchema,
  type FailedPredictReply,
  type RequestsBatchRequest,
  type WineBatchRequest
} from './document-batch.ts'
export {
  BidReplySchema,
  BidRequestSchema,
  CtrReplySchema,
  CtrRequestSchema,
  FraudReplySchema,
  FraudRequestSchema,
  type BidReply,
  type BidRequest,
  type CtrReply,
  type CtrRequest,
  type FraudReply,
  type FraudRequest
} from './document-ads.ts'
export {
  ActivateParamsSchema,
  ActivateReplySchema,
  ListedVersionSchema,
  ModelFileInfoReplySchema,
  ModelListReplySchema,
  ModelQuerySchema,
  ReloadReplySchema,
  SampleReplySchema,
  VersionQuerySchema,
  type ActivateReply,
  type ListedVersion,
  type ModelFileInfoReply,
  type ReloadReply,
  type SampleReply
} from './document-models.ts'
export { InferenceHealthReplySchema, type InferenceHealthReply } from './document-health.ts'
export { MetricsReplySchema, VersionFiguresSchema, type MetricsReply, type VersionFigures } from './document-metrics.ts'
export {
  AliasesReplySchema,
  AliasReplySchema,
  AliasRequestSchema,
  EmptyReplySchema,
  FreezeRequestSchema,
  LoadModelRequestSchema,
  ModelConfigReplySchema,
  ProtocolModelListReplySchema,
  ModelReadyReplySchema,
  ModelStatisticsReplySchema,
  ProtocolErrorReplySchema,
  ProtocolInferReplySchema,
  ProtocolInferRequestSchema,
  ProtocolModelReplySchema,
  RepositoryIndexReplySchema,
  RepositoryIndexRequestSchema,
  RollbackReplySchema,
  ServerHealthReplySchema,
  ServerMetadataReplySchema,
  UnloadModelRequestSchema,
  VersionReplySchema,
  type ModelConfigReply,
  type ModelStatisticsReply,
  type ProtocolModelReply,
  type RepositoryIndexReply
} from './inference-protocol.ts'
export {
  InvocationErrorReplySchema,
  InvocationReplySchema,
  InvocationRequestSchema,
  ServingPredictReplySchema,
  ServingPredictRequestSchema,
  ServingStatusReplySchema,
  type ServingStatusReply
} from './serving-v1.ts'
export {
  abTestStrategies,
  abTestWeights,
  AbTestConfigSchema,
  AbTestConfigureReplySchema,
  AbTestConfigureRequestSchema,
  AbTestStatusReplySchema,
  type AbTestConfig,
  type AbTestConfigureReply,
  type AbTestStatusReply,
  type AbTestStrategy,
  type AbTestWeights,
  type Conversion
} from './ab-test.ts'
export {
  CanaryListReplySchema,
  CanaryPlanSchema,
  CanaryReplySchema,
  CanaryRollbackRequestSchema,
  type CanaryReply
} from './canaries.ts'
export {
  AssignmentQuerySchema,
  AssignmentReplySchema,
  ExperimentChangeSchema,
  ExperimentDefinitionSchema,
  ExperimentHistoryReplySchema,
  ExperimentListReplySchema,
  ExperimentParamsSchema,
  ExperimentQuerySchema,
  ExperimentReplySchema,
  type AssignmentReply,
  type ExperimentHistoryReply,
  type ExperimentReply
} from './experiments.ts'
export { ExperimentPlanReplySchema, ExperimentPlanRequestSchema, type ExperimentPlanReply } from './experiments-plan.ts'
export { ExperimentResultsReplySchema, SampleRatioSchema, type ExperimentResultsReply } from './experiments-results.ts'
export { ShadowDefinitionSchema, ShadowListReplySchema, ShadowReplySchema, type ShadowReply } from './shadows.ts'
export { Type, type Static, type TSchema } from './type.ts'
