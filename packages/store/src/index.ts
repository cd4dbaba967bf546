export type { AnswerStore, KeptAnswer } from './answer-store.ts'
export { type BackedUpFile, backupEmbeddedStore } from './backup-embedded-store.ts'
export type { CursorStore, StreamItem } from './cursor-store.ts'
export { type EmbeddedStore, type EmbeddedStoreOptions, openEmbeddedStore } from './embedded-store.ts'
export { type Durability, durabilities } from './durability.ts'
export type {
  AppendListener,
  JournalReader,
  JournalRecord,
  JournalTail,
  JournalWriter,
  SnapshotInfo
} from './journal/journal.ts'
export { type CopiedFile, copyJournal } from './journal/copy-journal.ts'
export { type MemoryJournal, memoryJournal } from './journal/memory-journal.ts'
export { fenceJournal } from './journal/fence-journal.ts'
export { openJournalReader } from './journal/journal-reader.ts'
export { type JournalWriterOptions, openJournalWriter, type OpenJournal } from './journal/open-journal-writer.ts'
export { type Pruned, pruneJournal, type Retention } from './journal/prune-journal.ts'
export type { JournalNote } from './journal/recovery.ts'
export { runningWriter, type RunningWriter } from './journal/running-writer.ts'
export { isSnapshotWhole, type Snapshot, writeSnapshot } from './journal/snapshot-files.ts'
export { type JournalReport, type SegmentReport, type SnapshotReport, verifyJournal } from './journal/verify-journal.ts'
export type { LedgerStream, StreamAppend, StreamedRecord, StreamImage } from './ledger/ledger-stream.ts'
export { redisLedgerStream } from './ledger/redis-ledger-stream.ts'
export { memoryCursorStore } from './memory-cursor-store.ts'
export { memoryPendingStore } from './memory-pending-store.ts'
export { memoryRegistryStore } from './memory-registry-store.ts'
export { memorySeriesStore } from './memory-series-store.ts'
export { folderSource, type FolderSourceOptions } from './models/folder-source.ts'
export { givenSource, type GivenFiles } from './models/given-source.ts'
export type { ModelConfig, VersionPolicy } from './models/model-config.ts'
export type { FeatureMetadata, ModelMetadata } from './models/model-metadata.ts'
export type { ModelSource, SourcedModel, SourcedVersion, VersionFiles } from './models/model-source.ts'
export type { SourceLogger } from './models/source-errors.ts'
export { noMetadata, parseMetadata } from './models/parse-metadata.ts'
export { parseModelConfig } from './models/parse-model-config.ts'
export { s3Source, type S3SourceOptions } from './models/s3/s3-source.ts'
export type { PendingLimits, PendingPrediction, PendingStore } from './pending-store.ts'
export { exponentialBackoff, type RetryDelay } from './redis/backoff.ts'
export { type FallbackPendingStore, fallbackPendingStore } from './redis/fallback-pending-store.ts'
export { fallbackRegistryStore } from './redis/fallback-registry-store.ts'
export {
  type FallbackSeriesOptions,
  fallbackSeriesStore,
  type FallbackSeriesStore,
  type RedisStatus
} from './redis/fallback-series-store.ts'
export { type RedisAnswerOptions, redisAnswerStore } from './redis/redis-answer-store.ts'
export { connectRedis, type RedisConnection, type RedisOptions, type RedisWatcher } from './redis/redis-connection.ts'
export { redisPendingStore } from './redis/redis-pending-store.ts'
export { type RedisRegistryStore, redisRegistryStore, watchRegistry } from './redis/redis-registry-store.ts'
export { redisSeriesStore } from './redis/redis-series-store.ts'
export type { SeriesLogger } from './redis/series-log.ts'
export type { RegistryEntry, RegistryStore } from './registry-store.ts'
export type {
  AwayPush,
  MirroredPush,
  MirroredSeries,
  OutboxPush,
  RememberedPush,
  SeriesMirror,
  SettledPush
} from './series-mirror.ts'
export type { PushedValue, SeriesPush, SeriesStore, SeriesSummary } from './series-store.ts'
export { verifyEmbeddedStore } from './verify-embedded-store.ts'
