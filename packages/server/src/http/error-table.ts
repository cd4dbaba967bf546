import type { ErrorCode } from '@millrace/common'

/** What an error code means to the client of a service. */
export interface ErrorMeaning {
  /** HTTP status of the reply. */
  status: number
  meaning: string
  remedy: string
}

/** Every error code. The compiler refuses this table while a code is missing; `docs/reference/errors.md` is made of it. */
export const errorTable: Record<ErrorCode, ErrorMeaning> = {
  MILL_BACKUP_INVALID: {
    status: 500,
    meaning: 'A backup is incomplete or damaged, or its place is not empty; nothing was restored or overwritten.',
    remedy: 'Use another backup, or the folder that the message asks for.'
  },
  MILL_BODY_TOO_LARGE: {
    status: 413,
    meaning: 'The request body is larger than the service takes.',
    remedy: 'Send less at once, or raise `MILLRACE_BODY_LIMIT_BYTES`.'
  },
  MILL_CONFIG_INVALID: {
    status: 500,
    meaning: 'Settings are unknown or out of range; the program does not start.',
    remedy: 'Correct every setting the message names; see the configuration reference.'
  },
  MILL_DATA_INVALID: {
    status: 500,
    meaning: 'A data file has a column missing or a cell that cannot be read.',
    remedy: 'Correct the file at the line and column the message names.'
  },
  MILL_DEADLINE_EXCEEDED: {
    status: 503,
    meaning:
      'The model could not answer before the deadline of the request; it was not run, or its answer came too late.',
    remedy: 'Send less at once, give it more time (`REQUEST_TIMEOUT`, or `timeout` in the request), or add capacity.'
  },
  MILL_EXPERIMENT_EXISTS: {
    status: 409,
    meaning: 'There is an experiment, canary or shadow of this id already.',
    remedy: 'Choose another id, change the one there is, or remove it once it is stopped.'
  },
  MILL_EXPERIMENT_INVALID: {
    status: 400,
    meaning:
      'The configuration of an experiment, canary or shadow is wrong; nothing was changed. `details` names every fault.',
    remedy: 'Correct the fields named.'
  },
  MILL_EXPERIMENT_NOT_FOUND: {
    status: 404,
    meaning: 'There is no experiment, canary or shadow of this id.',
    remedy: 'See `GET /experiments`, `GET /canaries` and `GET /shadows`.'
  },
  MILL_EXPERIMENT_STATE: {
    status: 409,
    meaning: 'This cannot be done with an experiment or canary in its present state.',
    remedy: 'See its `state`; one that is stopped stays so.'
  },
  MILL_FEATURE_LIMIT: {
    status: 422,
    meaning: 'Learning this would give the model more different feature names than it may have; nothing was learned.',
    remedy:
      'Send the same names in every request, or raise `MILLRACE_FEATURE_NAMES_LIMIT`; a forest takes at most 8187.'
  },
  MILL_ID_CONFLICT: {
    status: 422,
    meaning: 'This observation id was used before for something else; nothing was learned or stored.',
    remedy: 'Give every observation an id of its own, and repeat a request unchanged.'
  },
  MILL_INPUT_INVALID: {
    status: 422,
    meaning: 'What was sent does not fit what the model takes: a name, type, shape, number of features or value.',
    remedy: 'Compare the request with the inputs that the message and the metadata of the model name.'
  },
  MILL_INTERNAL: {
    status: 500,
    meaning: 'Something unexpected went wrong inside Millrace.',
    remedy: 'Look in the log for the request id of the reply, and report it.'
  },
  MILL_JOURNAL_DAMAGED: {
    status: 500,
    meaning:
      'A journal has bytes that were changed, or parts missing; the learner does not start, so that nothing is lost silently.',
    remedy: 'See what `millrace journal verify` says, and restore the folder from a backup.'
  },
  MILL_JSON_INVALID: {
    status: 422,
    meaning: 'The request body is not JSON in UTF-8. `NaN` and `Infinity` are not JSON.',
    remedy: 'Send valid JSON.'
  },
  MILL_JSON_TOO_DEEP: {
    status: 422,
    meaning: 'Arrays and objects of the request body nest too deep.',
    remedy: 'Flatten the body, or raise `MILLRACE_JSON_DEPTH_LIMIT`.'
  },
  MILL_LABEL_CONFLICT: {
    status: 409,
    meaning:
      'This prediction has been labelled before, with another actual value. The first label was learned and stays.',
    remedy:
      'Nothing; a learner cannot unlearn. Learn the corrected observation under an id of its own if it should count too.'
  },
  MILL_LEARN_DIVERGED: {
    status: 422,
    meaning:
      "Learning from this would make the model's predictions explode, far beyond the scale of the targets; it was skipped.",
    remedy: 'Check the values for mistakes in units or data. See `ml_model_guard_skips_total`.'
  },
  MILL_MEDIA_TYPE_UNSUPPORTED: {
    status: 415,
    meaning: 'The request has a body that is compressed, or not declared to be JSON.',
    remedy: 'Send plain JSON with the header `Content-Type: application/json`.'
  },
  MILL_MEMORY_LIMIT: {
    status: 422,
    meaning: 'Learning this would take the model beyond its memory; nothing was learned.',
    remedy: 'Send fewer different feature names, or raise `MODEL_MEMORY_LIMIT`.'
  },
  MILL_METHOD_NOT_ALLOWED: {
    status: 405,
    meaning: 'The path exists, but not with this method.',
    remedy: 'Use one of the methods in the `Allow` header.'
  },
  MILL_MODEL_INVALID: {
    status: 400,
    meaning:
      'A version of a model cannot be served: its files are damaged, do not fit together, or use what the runtime has not.',
    remedy: 'See what the message says of the file; the versions served before go on.'
  },
  MILL_MODEL_NOT_FOUND: {
    status: 404,
    meaning: 'There is no model of this name.',
    remedy: 'Ask `GET /v2/models` for the names.'
  },
  MILL_MODEL_NOT_READY: {
    status: 503,
    meaning: 'The model is known, but the version asked for is not loaded at present.',
    remedy: 'Repeat the request later; `POST /v2/repository/index` says why it is not ready.'
  },
  MILL_NOT_WRITER: {
    status: 409,
    meaning: 'This process only reads the learner, which another process teaches; nothing was learned.',
    remedy: 'Send what is to be learned to the writer; `details.writer` says where it is, if that is known.'
  },
  MILL_OPTION_INVALID: {
    status: 422,
    meaning: 'An option of a model or command is out of its range.',
    remedy: 'Use a value as the message asks for.'
  },
  MILL_OUTPUT_FAILED: {
    status: 500,
    meaning: 'A command cannot write what it has to say, as on a full disk.',
    remedy: 'Free some space, or send the output somewhere else.'
  },
  MILL_OVERLOADED: {
    status: 503,
    meaning: 'More waits than there is room for: requests to models, or observations to be written. Nothing was done.',
    remedy: 'Try again later, a learner with the same observation id; send less at once, or add capacity.'
  },
  MILL_PORT_TAKEN: {
    status: 500,
    meaning: 'A port is in use by another program; the service does not start.',
    remedy: 'Stop the other program, or change the setting the message names.'
  },
  MILL_PREDICTION_EXPIRED: {
    status: 410,
    meaning:
      'The prediction was made too long ago, or too many were made after it, or the storage lost it; its features are no longer kept.',
    remedy: 'Send labels sooner, raise `PENDING_TTL` or `MILLRACE_PENDING_LIMIT`, or learn with `/train`.'
  },
  MILL_PREDICTION_NOT_FOUND: {
    status: 404,
    meaning: 'This model has made no prediction of that id.',
    remedy: 'Send the `prediction_id` of a `/predict` reply to the model that gave it.'
  },
  MILL_REQUEST_INVALID: {
    status: 422,
    meaning:
      'A field is missing or of the wrong type or range; the list in `detail` says which. With status 400, 408, 414 or 431: the request itself cannot be read as HTTP.',
    remedy: 'Correct the request. Numbers must be finite JSON numbers, not text.'
  },
  MILL_REVISION_CONFLICT: {
    status: 412,
    meaning: 'Somebody else changed this since the revision that `If-Match` names; nothing was changed.',
    remedy: 'Read it again, see what has changed, and repeat your change with the new `ETag`.'
  },
  MILL_ROUTE_NOT_FOUND: {
    status: 404,
    meaning: 'There is nothing at this path.',
    remedy: 'Look at `/docs` of the service for its paths.'
  },
  MILL_RUN_FAILED: {
    status: 500,
    meaning: 'The model was run and failed on this input.',
    remedy: 'See the message; other requests are not affected.'
  },
  MILL_SERIES_NOT_FOUND: {
    status: 404,
    meaning: 'No value of that series has been added yet.',
    remedy: 'Check the id, or add a value first.'
  },
  MILL_SOURCE_FAILED: {
    status: 503,
    meaning: 'The place that models come from cannot be read at present; what was loaded before is still served.',
    remedy: 'Check the folder or bucket, its credentials and the network; it is tried again.'
  },
  MILL_STATE_INVALID: {
    status: 500,
    meaning: 'Kept state cannot be read: damaged, or written by a newer version.',
    remedy: 'Restore the state from a copy, or start with an empty one.'
  },
  MILL_STORE_FAILED: {
    status: 503,
    meaning: 'The storage failed; nothing was changed.',
    remedy: 'Look at the log, at free disk space and at the rights of `MILLRACE_DATA_DIR`; then try again.'
  },
  MILL_UNIT_REQUIRED: {
    status: 422,
    meaning: 'An experiment wants to know who asks, and the request does not say.',
    remedy: 'Send `unit_id` or `request_id` in the body, or a header `X-Unit-ID` or `X-Request-ID`.'
  },
  MILL_UNSUPPORTED: {
    status: 501,
    meaning: 'The protocol names this operation, and Millrace does not have it.',
    remedy: 'Use another way; the reply says which operation was meant.'
  },
  MILL_UPSTREAM_FAILED: {
    status: 502,
    meaning: 'Another server that this service asks did not give a usable answer.',
    remedy: 'Try again later; check the address in the settings.'
  },
  MILL_VALUE_NOT_FINITE: {
    status: 422,
    meaning: 'A number is NaN or infinite, or a prediction would be.',
    remedy: 'Send finite numbers.'
  },
  MILL_VALUE_OUT_OF_RANGE: {
    status: 422,
    meaning: 'A number is finite but too large to learn from, or a forecast runs away.',
    remedy: 'Scale the values down.'
  },
  MILL_VERSION_EXISTS: {
    status: 409,
    meaning: 'The model has a version of this name already; versions never change.',
    remedy: 'Choose another version.'
  },
  MILL_VERSION_NOT_FOUND: {
    status: 404,
    meaning: 'The model has no version or alias of this name.',
    remedy: 'Ask `GET /v2/models/{model}` for its versions.'
  },
  MILL_WRITER_FENCED: {
    status: 503,
    meaning: 'Another process has become the writer of this learner; this one learns nothing any more.',
    remedy: 'Send the request to the new writer, and stop this process.'
  },
  MILL_WRITER_TAKEN: {
    status: 500,
    meaning: 'Another process is the writer of this learner; the program does not start.',
    remedy: 'Stop that process, use another `MILLRACE_DATA_DIR`, or set `MILLRACE_ROLE=reader`.'
  }
}
