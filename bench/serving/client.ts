// Run as a process of its own: see bench/load.ts.
import { PythonRandom } from '@millrace/common'
import { type LoadReport, runLoad } from '../load.ts'
import { inferQuestion, makeTemplate, predictQuestion, type Question, setNumber, setUnit } from './request.ts'

/** A model, by the Open Inference Protocol. */
export interface AskModel {
  model: string
  input: string
  width: number
  /** The id names one of so many units, or a new one each time; without this it is the same always. */
  units?: number | 'new'
  /** Each request asks one of these models by chance, in place of the one. */
  models?: readonly string[]
}

/** What the client is told to do. */
export interface Round {
  port: number
  connections: number
  /** How long requests are begun, in milliseconds. */
  durationMs: number
  /** Milliseconds that a connection waits after an answer. */
  pauseMs?: number
  /** A model by the Open Inference Protocol, `predict` for the documented API, or the path of a GET. */
  ask: AskModel | { width: number } | { get: string }
  /** Whether each request differs from all before; else every one repeats one of a few. */
  isNew: boolean
  /** The number of the first request that differs. */
  first: number
}

process.on('message', (round: Round) => void run(round).then(report => process.send?.(report)))
process.send?.('ready')

function run({ ask, isNew, first, ...load }: Round): Promise<LoadReport> {
  if ('get' in ask) {
    const request = Buffer.from(`GET ${ask.get} HTTP/1.1\r\nhost: bench\r\n\r\n`)
    return runLoad({ ...load, take: () => request })
  }
  const { units } = 'model' in ask ? ask : {}
  const random = new PythonRandom(first)
  const questions = questionsOf(ask)
  const templates = Array.from({ length: load.connections }, () =>
    questions.map(question => makeTemplate(random, question))
  )
  let next = first
  const take = (connection: number): Buffer => {
    const template = templates[connection]![anyOf(questions.length, next)]!
    if (isNew) setNumber(template, next)
    if (units !== undefined) setUnit(template, units === 'new' ? next : next % units)
    next++
    return template.bytes
  }
  return runLoad({ ...load, take })
}

function questionsOf(ask: AskModel | { width: number }): Question[] {
  if (!('model' in ask)) return [predictQuestion(ask.width)]
  const { units, models = [ask.model], input, width } = ask
  return models.map(model => inferQuestion({ model, input, width, hasUnit: units !== undefined }))
}

/** An index below `count` that follows from a number and looks like chance: the finalizer of MurmurHash3. */
function anyOf(count: number, number: number): number {
  let bits = Math.imul(number ^ (number >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return ((bits ^ (bits >>> 16)) >>> 0) % count
}
