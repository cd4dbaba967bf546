import type { ModelServer, ServedVersion } from '@millrace/engine'
import { modelConfig } from '../protocols/v2/model-config.ts'
import { modelMetadata } from '../protocols/v2/model-metadata.ts'
import { statisticsReply } from '../protocols/v2/statistics-reply.ts'
import type { ModelVersionRequest } from './messages.ts'

/** Answers about single models, under the names of their calls. */
export interface ModelCalls {
  ModelReady(request: ModelVersionRequest): { ready: boolean }
  ModelMetadata(request: ModelVersionRequest): Promise<object>
  ModelConfig(request: ModelVersionRequest): Promise<{ config: object }>
  ModelStatistics(request: ModelVersionRequest): object
}

/** All but inference that can be asked of a model. Each throws as the method of {@link ModelServer} does that it calls. */
export function modelCalls(models: Pick<ModelServer, 'isReady' | 'model' | 'resolve' | 'statistics'>): ModelCalls {
  const served = async ({ name, version }: ModelVersionRequest): Promise<ServedVersion> =>
    (await models.resolve(name, given(version))).served
  return {
    ModelReady: ({ name, version }) => {
      models.model(name)
      return { ready: models.isReady(name, given(version)) }
    },
    ModelMetadata: async request => modelMetadata(models.model(request.name), await served(request)),
    ModelConfig: async request => ({ config: configOf(await served(request)) }),
    ModelStatistics: ({ name, version }) => {
      const known = name === '' ? undefined : (models.model(name).aliases.get(version) ?? given(version))
      return statisticsReply(models.statistics(given(name), known))
    }
  }
}

/** In proto3 a text that was not sent is empty. */
function given(text: string): string | undefined {
  return text === '' ? undefined : text
}

/** The message has integers for versions, and other versions can only be left out. */
function configOf(served: ServedVersion): object {
  const { version_policy, ...config } = modelConfig(served)
  return /^\d{1,18}$/.test(served.version) ? { ...config, version_policy } : config
}
