import type { ModelServer } from '@millrace/engine'

/** The one model of a server that was made for it, as containers of MLflow and SageMaker are. */
export function onlyModel(models: Pick<ModelServer, 'models'>): string | undefined {
  const [only, ...others] = models.models().filter(({ kind }) => kind === 'onnx')
  return others.length === 0 ? only?.name : undefined
}
