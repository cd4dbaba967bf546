import { ErrorReplySchema } from '@millrace/protocol'

/** Responses every route may give beside its own. */
export const failures = { '4xx': ErrorReplySchema, '5xx': ErrorReplySchema }
