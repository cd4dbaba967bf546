import { listenAll, type ServiceAddress } from '../listen.ts'
import { type EngineParts, openPlatform, type PlatformOrder } from '../platform.ts'
import { stopOnSignal } from '../shutdown.ts'
import { startIsOver } from '../starting.ts'
import { giveBackCompiledCode } from './compiled-code.ts'
import { endNow } from './end-now.ts'

/** What runs beside the services, from the moment they answer. */
export interface Companion {
  /** Before the services stop answering. */
  stop(): Promise<void>
  /** When all is closed. */
  closed(): void
}

/** What {@link runServices} is given. */
export interface ServicesRun extends PlatformOrder {
  ready(addresses: readonly ServiceAddress[], parts: EngineParts): Companion
}

/**
 * Run services until a signal says to stop.
 * @returns the exit code
 * @throws {MillraceError} when a service cannot start, with nothing left running
 */
export async function runServices({ ready, ...order }: ServicesRun): Promise<number> {
  const { config, logger } = order
  giveBackCompiledCode()
  const platform = await openPlatform(order)
  try {
    const services = await listenAll(platform.services, config.host)
    const addresses = [...services, ...(await platform.listenGrpc())]
    await platform.announce(services)
    // Signals are heard before anybody is told that the services are ready.
    const stopped = stopOnSignal({
      signals: process,
      timeoutMs: config.shutdownTimeout * 1000,
      exit: endNow,
      async stop(signal) {
        logger.info({ signal }, 'stopping')
        await companion.stop()
        await platform.close()
        logger.info('stopped')
        companion.closed()
      }
    })
    const companion = ready(addresses, platform.parts)
    startIsOver()
    await stopped
    return 0
  } catch (error) {
    await platform.close()
    throw error
  }
}
