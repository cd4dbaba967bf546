import { ProtocolErrorReplySchema } from '@millrace/protocol'

/** Responses every route of the standard protocols may give beside its own. */
export const protocolFailures = { '4xx': ProtocolErrorReplySchema, '5xx': ProtocolErrorReplySchema }
