/**
 * Texts of status codes, by number. Not from an `import` of `node:http`: that reads every export, and among them those
 * that load the client for fetch and WebSocket, some 30 ms and 12 MB of each start.
 */
export const { STATUS_CODES: statusTexts } = process.getBuiltinModule('node:http')
