import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '@millrace/common'
import type { Decision, InferRequest } from '@millrace/engine'
import { type AskedModels, askModel } from '../../src/documents/ask-model.ts'
import { scriptedModels } from './scripted-models.ts'

const matrix = { rows: [[1, 2]], place: () => ['body'] }
const old = scriptedModels({ m: { inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }], answer: () => [] } })
const now = scriptedModels({ m: { inputs: [{ name: 'input', datatype: 'FP64', shape: [-1, 2] }], answer: () => [] } })

/** The default version changes to one with an input of another name once the first question has been made. */
function switching(after: AskedModels): AskedModels & { asked: string[] } {
  const asked: string[] = []
  let resolved = 0
  return {
    asked,
    resolve: (model, version) => (resolved++ === 0 ? old : after).resolve(model, version),
    async infer(request: InferRequest) {
      asked.push(request.inputs[0]!.name)
      if (request.inputs[0]!.name !== 'input') throw new MillraceError('MILL_INPUT_INVALID', 'unexpected input')
      return now.infer(request)
    }
  }
}

test('a question is put anew when another version has become the default in between', async () => {
  const models = switching(now)
  const reply = await askModel(models, { model: 'm', matrix })
  assert.deepEqual(models.asked, ['x', 'input'])
  assert.equal(reply.served.inputs[0]!.name, 'input')
})

test('a question that the same version refuses is not put again', async () => {
  const models = switching(old)
  await assert.rejects(askModel(models, { model: 'm', matrix }), { code: 'MILL_INPUT_INVALID' })
  assert.deepEqual(models.asked, ['x'])
})

test('a question that an experiment decided about is put to the same arm again', async () => {
  let draws = 0
  const draw = (): Decision => ({ route: { model: 'm', version: `${++draws}.0`, reason: 'experiment' } })
  const models = switching(now)
  const decided: (string | undefined)[] = []
  const { resolve, infer } = models
  models.resolve = async (model, _version, question) => ({
    ...(await resolve(model, undefined)),
    decision: question && draw()
  })
  models.infer = request => {
    decided.push(request.decision?.route.version)
    return infer(request)
  }
  await askModel(models, { model: 'm', matrix })
  assert.deepEqual(decided, ['1.0', '1.0'])
})

test('a question that no experiment takes is not put to them again', async () => {
  const { asked, resolve, infer } = scriptedModels({ m: { answer: () => [] } })
  await askModel({ resolve, infer }, { model: 'm', matrix })
  assert.deepEqual(asked[0]!.decision, { route: { model: 'm', version: '1.0', reason: 'default' } })
})
