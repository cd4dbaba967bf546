import type { IncomingMessage } from 'node:http'

const passedOn = new WeakSet<IncomingMessage>()

/** Remember that another process answers this request, and counts and logs it. */
export function markPassedOn(request: IncomingMessage): void {
  passedOn.add(request)
}

/** Whether {@link markPassedOn} was told so. */
export function isPassedOn(request: IncomingMessage): boolean {
  return passedOn.has(request)
}
