import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { ServedLearner } from '@millrace/engine'
import type { RegistryStore } from '@millrace/store'
import type { ServiceAddress } from './listen.ts'
import type { Logger } from './logger.ts'
import type { FindWriter } from './services/naming-writer.ts'

/** Which process teaches which learner, for all processes that share a store. */
export interface WriterRegistry {
  /** Write down where the learners that this process teaches answer. A failure is logged: nobody depends on it. */
  announce(addresses: readonly ServiceAddress[]): Promise<void>
  /** Finds where the writer of a learner answers; undefined when that is this process, or not known. */
  finder(learnerId: string): FindWriter
}

/** What {@link writerRegistry} is given. */
export interface WriterRegistryDeps {
  /** By the name of the service that answers for it. */
  learners: ReadonlyMap<string, Pick<ServedLearner, 'id' | 'name' | 'health'>>
  /** Undefined where there are no learners. */
  registry: RegistryStore | undefined
  /** Where services listen, as it is set. */
  host: string
  logger: Logger
}

/** What the registry calls such entries. */
const kind = 'learner'

export function writerRegistry({ learners, registry, host, logger }: WriterRegistryDeps): WriterRegistry {
  // In containers every process may have the same number.
  const instance = randomUUID()
  const { pid } = process
  return {
    async announce(addresses) {
      await Promise.all(
        addresses.map(async ({ name: service, url }) => {
          const learner = learners.get(service)
          if (learner === undefined || learner.health().role !== 'writer') return
          const { role, sequence } = learner.health()
          const place = { host: reachable(host), port: Number(new URL(url).port), pid, instance }
          try {
            await registry?.put({ kind, name: learner.id, value: { name: learner.name, role, ...place, sequence } })
          } catch (error) {
            logger.warn({ err: error, learner: learner.id }, 'learner not registered')
          }
        })
      )
    },
    finder: learnerId => async () => {
      const entry = await registry?.get(kind, learnerId)
      const writer = entry?.value as Record<string, unknown> | undefined
      return writer?.['instance'] === instance ? undefined : writer
    }
  }
}

/** Who listens on every address is found by the name of the machine. */
function reachable(host: string): string {
  return host === '0.0.0.0' || host === '::' ? hostname() : host
}
