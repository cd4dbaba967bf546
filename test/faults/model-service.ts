import path from 'node:path'
import { type Answer, type Ending, get, post, type Program, startProgram } from '../e2e/program.ts'
import { createFindings } from '../crash/findings.ts'
import { createTruth, type Truth } from '../crash/truth.ts'

/** A model service in a process of its own. */
export interface ModelService {
  program: Program
  url: string
}

/** The learner that these tests teach. */
export const learner = 'linear_regression'

/** `millrace serve model` on a data folder, once it is ready. */
export async function startModel(
  t: Ending,
  dataDir: string,
  { settings = {}, start }: { settings?: Record<string, string>; start?: readonly string[] } = {}
): Promise<ModelService> {
  const program = launchModel(t, dataDir, { settings, ...(start === undefined ? {} : { start }) })
  const { url } = await program.entry('service is ready')
  return { program, url: String(url) }
}

/** The same, without waiting. */
export function launchModel(
  t: Ending,
  dataDir: string,
  { settings = {}, start }: { settings?: Record<string, string>; start?: readonly string[] } = {}
): Program {
  const env = { PORT: '0', MODEL_NAME: learner, MILLRACE_DATA_DIR: dataDir, ...settings }
  return startProgram(t, ['serve', 'model'], env, start === undefined ? {} : { start })
}

/** Kill the program and wait until it is gone. */
export async function kill({ child, exit }: Program): Promise<void> {
  child.kill('SIGKILL')
  await exit
}

/** The n-th observation: always the same for the same n. */
export function observation(n: number) {
  return {
    features: { a: Math.sin(n), b: Math.cos(3 * n) },
    target: 10 * Math.sin(n) + (n % 7),
    observation_id: `o-${n}`
  }
}

/** Have the n-th observation learned. */
export function teach({ url }: Pick<ModelService, 'url'>, n: number): Promise<Answer> {
  return post(`${url}/predict_learn`, observation(n))
}

/** Have observations `from` to `to` learned one by one; all of them are answered with 200. */
export async function teachAll(service: Pick<ModelService, 'url'>, from: number, to: number): Promise<void> {
  for (let n = from; n <= to; n++) {
    const { status, body } = await teach(service, n)
    if (status !== 200) throw new Error(`observation ${n}: ${status} ${JSON.stringify(body)}`)
  }
}

/** Have observations `from` to `to` learned in one request. */
export async function teachTogether({ url }: Pick<ModelService, 'url'>, from: number, to: number): Promise<void> {
  const observations = Array.from({ length: to - from + 1 }, (_, index) => observation(from + index))
  const { status, body } = await post(`${url}/predict_learn/batch`, { observations })
  if (status !== 200) throw new Error(`observations ${from} to ${to}: ${status} ${JSON.stringify(body)}`)
}

/** How many predictions the model has been judged by. */
export async function scored({ url }: Pick<ModelService, 'url'>): Promise<number> {
  const { default: score } = (await get(`${url}/model_metrics`)).body as { default?: { count: number } }
  return score?.count ?? 0
}

/** Code of an error that was answered. */
export function codeOf({ body }: Answer): unknown {
  return (body as { code?: string }).code
}

/** The folder of the learner's journal. */
export function journalOf(dataDir: string): string {
  return path.join(dataDir, 'journal', learner)
}

/** What the journal in a data folder tells, learned anew in this process. @throws when the journal contradicts itself */
export function truthIn(dataDir: string): Truth {
  const findings = createFindings()
  const truth = createTruth(journalOf(dataDir), findings)
  truth.follow()
  if (findings.list.length > 0) throw new Error(JSON.stringify(findings.list))
  return truth
}

/** The ids of what was learned according to the journal, in order. */
export function learnedIds(dataDir: string): string[] {
  const learned = truthIn(dataDir).rows.filter(({ outcome }) => outcome.kind === 'learned')
  return learned.map(({ key }) => key?.slice('observation '.length) ?? '')
}

/** `o-from` to `o-to`. */
export function ids(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `o-${from + index}`)
}
