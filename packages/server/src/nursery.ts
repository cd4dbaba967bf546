import { setFlagsFromString } from 'node:v8'

/**
 * Keep V8's space for new objects at its first size, 1 MB. While a server starts nearly all that it makes stays, so the
 * space would grow sixteenfold and more, and nothing gives that back: 12 MB, for some 20 ms of copying. V8 reads this
 * flag whenever it thinks of growing the space, so it may change at any time.
 */
export function holdNursery(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}

/** Let the space for new objects grow with what requests need, as V8 does by itself. */
export function letNurseryGrow(): void {
  setFlagsFromString('--semi-space-growth-factor=2')
}
