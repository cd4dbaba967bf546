import type { App } from '../app-type.ts'

/** Tells in `X-Process-Time`, of every reply, the seconds from the request to it. */
export function tellProcessTime(app: App): void {
  app.addHook('onSend', (_request, reply, payload, done) => {
    void reply.header('x-process-time', (reply.elapsedTime / 1000).toFixed(6))
    done(null, payload)
  })
}
