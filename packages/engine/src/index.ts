export {
  type BidRequest,
  bidFeatureNames,
  bidFeatures,
  type CompetitionLevel,
  competitionLevels
} from './ad-features/bid-features.ts'
export { ctrFeatureNames, ctrFeatures, type CtrRequest } from './ad-features/ctr-features.ts'
export { fraudFeatureNames, fraudFeatures, type FraudRequest } from './ad-features/fraud-features.ts'
export { ProgressiveValidation, type Standing } from './evaluation/progressive-validation.ts'
export { baselineNames, type ContenderName, contenderNames, createContender } from './evaluation/contenders.ts'
export {
  type JournalReplay,
  type JournalReplayRow,
  replayJournal,
  type ReplayedConfiguration
} from './evaluation/replay-journal.ts'
export { openReplay, type Replay, type ReplayRow } from './evaluation/replay-rows.ts'
export type { Arm, CanaryPlan, ExperimentDefinition, ExperimentRecord, HistoryEntry } from './experiments/experiment.ts'
export type { ExperimentDeps } from './experiments/experiment-deps.ts'
export type {
  Canaries,
  CanaryCheck,
  CanaryView,
  ChangeOptions,
  DefinitionFault,
  ExperimentDraft,
  Experiments,
  ExperimentView,
  FeedbackReceipt,
  PutOptions,
  UnitAssignment
} from './experiments/experiments.ts'
export type {
  ArmTally,
  ExperimentTally,
  Ledger,
  MetricTally,
  Outcome as UnitOutcome
} from './experiments/ledger/ledger.ts'
export { memoryLedger } from './experiments/ledger/memory-ledger.ts'
export { type LedgerHealth, type LedgerOptions, openLedger, type OpenLedger } from './experiments/ledger/open-ledger.ts'
export { openExperiments } from './experiments/open-experiments.ts'
export type { Shadows, ShadowReport } from './experiments/shadow/shadow.ts'
export {
  type PlannedUnits,
  planSample,
  type SamplePlan,
  type SampleQuestion
} from './experiments/statistics/plan-sample.ts'
export type {
  ArmMetric,
  Comparison,
  ExperimentResults,
  Guardrail,
  Interval,
  MetricResult,
  SampleRatio
} from './experiments/statistics/results.ts'
export { createLagFeatures, type LaggedValue, type LagFeatures } from './features/lag-features.ts'
export {
  createObservationStream,
  type ObservationStream,
  type StreamedObservation
} from './ingestion/observation-stream.ts'
export { sampleDataFile } from './ingestion/sample-data.ts'
export { type Observation, readObservations } from './ingestion/table.ts'
export {
  createLearner,
  type LearnerDescription,
  type LearnerName,
  learnerNames,
  learnerParameters,
  type LearnerSettings
} from './learning/catalog.ts'
export { followLearner } from './learning/follow-learner.ts'
export type { ForecastStep } from './learning/forecast.ts'
export type {
  LearnCommand,
  LearnerLimits,
  ObservationCommand,
  ParameterValue,
  SettingsCommand
} from './learning/learn-command.ts'
export { LearnRecordCodec } from './learning/learn-record.ts'
export { RepeatedRefusal } from './learning/learner-errors.ts'
export type { LearnerLog } from './learning/learner-log.ts'
export { LearnerMachine, type Outcome } from './learning/learner-machine.ts'
export type { FollowedLearnerOptions, LearnerOptions, TaughtLearnerOptions } from './learning/learner-options.ts'
export type { ModelMetrics } from './learning/model-score.ts'
export { openLearner } from './learning/open-learner.ts'
export { restoreMachine, type RestoredMachine, type RestoreOptions } from './learning/restore-machine.ts'
export type {
  FrozenLearner,
  KeptPrediction,
  LabelledObservation,
  Learned,
  LearnerCounts,
  LearnerHealth,
  LearnerRole,
  PredictionLabel,
  ServedLearner
} from './learning/served-learner.ts'
export { snapshotThread } from './learning/snapshot-thread.ts'
export {
  createSnapshotter,
  type SnapshotRunner,
  type Snapshotter,
  type SnapshotterOptions
} from './learning/snapshotter.ts'
export { steadyClock } from './learning/steady-clock.ts'
export { type SnapshotJob, type SnapshotReport, stateDigest, takeSnapshot } from './learning/take-snapshot.ts'
export {
  type ModelOutcome,
  type PipelinePorts,
  pipelineSeries,
  runStep,
  type StepDone,
  type StepModel,
  type StepResult,
  type TakenObservation
} from './pipeline/step.ts'
export { createModelServer } from './serving/create-model-server.ts'
export { freezeLearner, type FreezeOptions } from './serving/learners/freeze-learner.ts'
export { learnerToOnnx } from './serving/learners/learner-to-onnx.ts'
export { liveName, liveVersion } from './serving/learners/live-version.ts'
export { type FrozenOptions, openFrozen } from './serving/learners/open-frozen.ts'
export { unfinishedPrefix } from './serving/learners/write-folder.ts'
export {
  type Asker,
  type Assignment,
  type Decision,
  type Duration,
  type InferReply,
  type InferRequest,
  type LoadReport,
  type ModelServer,
  type ModelStatus,
  type Resolved,
  type Route,
  type RouteReason,
  routeReasons,
  type ServingEvents,
  type Unit,
  type VersionState,
  type VersionStatistics,
  type VersionStatus
} from './serving/model-server.ts'
export type { LoadOverride, OpenGiven } from './serving/load-override.ts'
export type { ModelServerOptions, ServingLimits } from './serving/model-server-options.ts'
export type { CachedQuestion } from './serving/cache/cached-question.ts'
export {
  type CacheCounts,
  type CachedAnswer,
  type CacheOptions,
  createResponseCache,
  type ResponseCache
} from './serving/response-cache.ts'
export type { ServedVersion, VersionRequest } from './serving/served-version.ts'
export type { Traffic } from './serving/traffic.ts'
