import { MillraceError } from '@millrace/common'
import type { InferReply, ModelServer } from '@millrace/engine'
import { type AskedModels, askModel, type Question } from './ask-model.ts'

/** The model that answers rows of `data`. */
export interface DataModel {
  /** Its name. */
  name(): string
  /** Throws as askModel does. */
  ask(question: Omit<Question, 'model'>): Promise<InferReply>
}

/** The model of that name; where there is none, a lone ONNX file if there is exactly one. */
export function dataModel(
  models: AskedModels & Pick<ModelServer, 'models' | 'isReady'>,
  configured: string
): DataModel {
  const loneFile = (): string | undefined => {
    const flat = models.models().filter(({ isFlat }) => isFlat)
    return flat.length === 1 ? flat[0]!.name : undefined
  }
  return {
    name() {
      if (models.isReady(configured)) return configured
      return models.models().some(({ name }) => name === configured) ? configured : (loneFile() ?? configured)
    },
    async ask(question) {
      try {
        return await askModel(models, { ...question, model: configured })
      } catch (error) {
        const isUnknown = error instanceof MillraceError && error.code === 'MILL_MODEL_NOT_FOUND'
        const model = isUnknown ? loneFile() : undefined
        if (model === undefined) throw error
        return askModel(models, { ...question, model })
      }
    }
  }
}
