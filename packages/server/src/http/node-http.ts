/**
 * What is called of `node:http`. Not by an `import` of it: that reads every export, and among them those that load the
 * client for fetch and WebSocket, some 30 ms and 12 MB of each start.
 */
export const { Agent, request, STATUS_CODES: statusTexts } = process.getBuiltinModule('node:http')
