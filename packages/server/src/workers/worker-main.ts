import { runWorker } from './run-worker.ts'

// A Ctrl-C in a terminal comes to all processes, and so may the signal of a supervisor: the primary says when to end.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => undefined)

runWorker()
