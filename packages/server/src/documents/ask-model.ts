import { MillraceError } from '@millrace/common'
import type { InferReply, InferRequest, ModelServer, Resolved, ServedVersion } from '@millrace/engine'
import { inputOf, type Matrix } from './matrix.ts'

/** What asking a model needs of the server. */
export type AskedModels = Pick<ModelServer, 'infer' | 'resolve'>

/** A question to a model that takes one matrix. */
export interface Question extends Omit<InferRequest, 'inputs'> {
  readonly matrix: Matrix
  /** Throws for values that the version must not be asked. */
  readonly check?: (served: ServedVersion, matrix: Matrix) => void
}

/**
 * Ask a model, whose names and types of inputs are looked up first. A version that takes another shape may become the
 * default in between; the question is then put anew.
 * @throws {HttpError | MillraceError} as {@link inputOf}, `check` and ModelServer.infer do
 */
export async function askModel(models: AskedModels, { matrix, check, ...question }: Question): Promise<InferReply> {
  const { model, version } = question
  // Where no experiment takes part none is asked again: a second draw could think otherwise.
  const ask = ({ served, route, decision = { route } }: Resolved) => {
    const input = inputOf(served, matrix)
    check?.(served, matrix)
    return models.infer({ ...question, inputs: [input], decision })
  }
  const resolved = await models.resolve(model, version, question)
  try {
    return await ask(resolved)
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'MILL_INPUT_INVALID') throw error
    const now = await resolvedAnew(models, question, resolved)
    if (now.served === resolved.served) throw error
    return ask(now)
  }
}

/** What an experiment decided stays: another draw would favour the arms that take what others refuse. */
async function resolvedAnew(
  models: AskedModels,
  { model, version }: Pick<Question, 'model' | 'version'>,
  { route, decision }: Resolved
): Promise<Resolved> {
  if (decision === undefined) return models.resolve(model, version)
  return { ...(await models.resolve(route.model, route.version)), decision }
}
