import { type Static, Type } from './type.ts'

const number = (description: string) => Type.Number({ description })
const nullableNumber = (description: string) => Type.Unsafe<number | null>({ type: ['number', 'null'], description })

/** What one version has done since the service began. */
export const VersionFiguresSchema = Type.Object(
  {
    total_predictions: number('Questions to the version.'),
    successful_predictions: number('Those that were answered.'),
    failed_predictions: number('Those that were not.'),
    success_rate: nullableNumber('Share that was answered, 0 to 1; null before the first.'),
    avg_processing_time: nullableNumber('Seconds from a question to its answer, on average.'),
    min_processing_time: nullableNumber('Seconds of the fastest answer.'),
    max_processing_time: nullableNumber('Seconds of the slowest answer.'),
    avg_confidence: nullableNumber('Average probability of the class that was answered.'),
    last_updated: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'When it last answered, ISO 8601.'
    }),
    conversion_rate: nullableNumber(
      'Share of the units that it served in experiments, and of which POST /feedback told a conversion; null without any.'
    )
  },
  { title: 'VersionFigures', description: 'What one version has done since the service began.' }
)
/** What one version has done since the service began. */
export type VersionFigures = Static<typeof VersionFiguresSchema>

/** `GET /metrics` of the inference service for `Accept: application/json`. */
export const MetricsReplySchema = Type.Object(
  {
    timestamp: Type.String({ description: 'Time of the server, ISO 8601.' }),
    api_metrics: Type.Object(
      {
        total_requests: number('HTTP requests answered; the sum of ml_api_requests_total.'),
        total_predictions: number('Predictions made; ml_api_predictions_total.'),
        average_response_time: number('Milliseconds of a request, on average.'),
        errors: number('Requests answered with a status from 400.'),
        error_rate: number('Share of requests that failed, 0 to 1.'),
        success_rate: number('Share of requests that did not, 0 to 1.'),
        active_connections: number('Connections that are open.'),
        uptime_seconds: number('Seconds since the service began.')
      },
      { description: 'Requests to this service.' }
    ),
    model_metrics: Type.Object(
      {
        model_loaded: Type.Boolean({ description: 'Whether the wine model answers.' }),
        model_version: Type.Unsafe<string | null>({
          type: ['string', 'null'],
          description: 'Version of the wine model that answers; null when none does.'
        }),
        cache_status: Type.Unsafe<'active' | 'empty'>({
          type: 'string',
          enum: ['active', 'empty'],
          description: 'Whether the cache holds any answer.'
        }),
        cache: Type.Object(
          {
            hits: number('Answers that were known.'),
            misses: number('Answers that had to be made.'),
            hit_rate: nullableNumber('Share that was known, 0 to 1; null before the first.'),
            entries: number('Answers that are kept.'),
            bytes: number('Memory of those.')
          },
          { description: 'The cache of answers.' }
        ),
        reload_events: Type.Object(
          {
            total: number('Calls to reload models.'),
            successful: number('Those that did all they should.'),
            failed: number('Those that did not; what was served before still is.'),
            last: Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'When the last was, ISO 8601.' })
          },
          { description: 'Calls to reload models.' }
        ),
        models: Type.Unsafe<Record<string, Record<string, VersionFigures>>>({
          type: 'object',
          additionalProperties: { type: 'object', additionalProperties: VersionFiguresSchema },
          description:
            'Every version of every model that was asked. Those of the listed model stand beside this as well.'
        })
      },
      { description: 'The models.', additionalProperties: VersionFiguresSchema }
    ),
    system_metrics: Type.Object(
      {
        timestamp: Type.String({ description: 'When these were read, ISO 8601.' }),
        uptime_seconds: number('Seconds since the service began.'),
        cpu_percent: nullableNumber('Use of all processors since the last look, 0 to 100; null at the first.'),
        memory_percent: number('Memory in use, 0 to 100.'),
        memory_used_gb: number('Memory in use, in GiB.'),
        memory_total_gb: number('Memory that there is, or that this process may have, in GiB.'),
        disk_percent: nullableNumber('Disk in use, 0 to 100, where the data are kept; null when that cannot be read.'),
        disk_used_gb: nullableNumber('Disk in use, in GiB.'),
        disk_total_gb: nullableNumber('Disk that there is, in GiB.'),
        process_memory_gb: number('Memory of this process, in GiB.'),
        process_cpu_seconds: number('Processor time of this process.')
      },
      { description: 'The machine.' }
    )
  },
  { title: 'MetricsReply', description: 'GET /metrics of the inference service for Accept: application/json.' }
)
/** `GET /metrics` of the inference service for `Accept: application/json`. */
export type MetricsReply = Static<typeof MetricsReplySchema>
