import { MillraceError } from '@millrace/common'
import type { ModelServer } from '@millrace/engine'
import { type LoadParameters, readLoadParameters } from '../protocols/v2/load-parameters.ts'
import { indexRows, refuseFailures } from '../protocols/v2/repository-routes.ts'
import type { RepositoryIndexRequest, RepositoryModelRequest } from './messages.ts'

/** Answers about the repository, under the names of their calls. */
export interface RepositoryCalls {
  RepositoryIndex(request: RepositoryIndexRequest): { models: object[] }
  RepositoryModelLoad(request: RepositoryModelRequest): Promise<object>
  RepositoryModelUnload(request: RepositoryModelRequest): Promise<object>
}

/** Listing, loading and unloading models. Each throws as the method of {@link ModelServer} does that it calls. */
export function repositoryCalls(models: Pick<ModelServer, 'models' | 'load' | 'unload'>): RepositoryCalls {
  return {
    RepositoryIndex: ({ repository_name, ready }) => {
      if (repository_name !== '') throw oneRepository(repository_name)
      return { models: models.models().flatMap(model => indexRows(model, ready)) }
    },
    RepositoryModelLoad: async request => {
      const model = modelOf(request)
      const override = readLoadParameters(model, valuesOf(request.parameters), bytesOf)
      refuseFailures(model, await models.load(model, override))
      return { model_name: model, isLoaded: true }
    },
    RepositoryModelUnload: async request => {
      const model = modelOf(request)
      await models.unload(model)
      return { model_name: model, isUnloaded: true }
    }
  }
}

/** KServe's clients send the name of the model in the field where Triton's have the repository. */
function modelOf({ repository_name, model_name }: RepositoryModelRequest): string {
  if (model_name === '') return repository_name
  if (repository_name !== '') throw oneRepository(repository_name)
  return model_name
}

function oneRepository(name: string): MillraceError {
  return new MillraceError('MILL_UNSUPPORTED', `there is one repository, without a name, got ${JSON.stringify(name)}`)
}

function valuesOf(parameters: RepositoryModelRequest['parameters']): LoadParameters {
  const values = Object.entries(parameters).map(([name, { string_param, bytes_param }]) => [
    name,
    string_param ?? bytes_param ?? null
  ])
  return Object.fromEntries(values) as LoadParameters
}

function bytesOf(value: unknown): Uint8Array | undefined {
  return value instanceof Uint8Array ? value : undefined
}
