import { cpSync, mkdirSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { GrowthBook } from '@growthbook/growthbook'
import { clientOf, methodOf } from '../../packages/server/test/grpc-server.ts'
import { type Answer, startProgram, temporaryFolder } from './program.ts'

const samples = fileURLToPath(new URL('../../models/tabular_classifier', import.meta.url))
const lookup = fileURLToPath(new URL('../../packages/runtime/test/fixtures/lookup.onnx', import.meta.url))
const shortLookup = fileURLToPath(new URL('models/short_lookup.onnx', import.meta.url))

/** A row that all versions of the sample model answer. */
export const row = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]

/**
 * A folder with `tabular_classifier` v1.0 to v3.0, and `table`, whose version 1 answers to 0 to 4, and version 2 to 0 and 1
 * alone: all else makes its run fail.
 */
export function experimentModels(t: TestContext): string {
  const folder = temporaryFolder(t)
  // Copies would be too young to be taken for whole.
  symlinkSync(samples, path.join(folder, 'tabular_classifier'))
  for (const [version, file] of [
    ['1', lookup],
    ['2', shortLookup]
  ] as const) {
    mkdirSync(path.join(folder, 'table', version), { recursive: true })
    cpSync(file, path.join(folder, 'table', version, 'model.onnx'), { preserveTimestamps: true })
  }
  return folder
}

/** `millrace serve inference` over those models, with the documented A/B test off unless the settings say else. */
export async function startInference(t: TestContext, env: Record<string, string> = {}) {
  const settings = {
    PORT: '0',
    MILLRACE_PORT_GRPC: '0',
    AB_TEST_ENABLED: 'false',
    MODEL_DIR: env['MODEL_DIR'] ?? experimentModels(t),
    MILLRACE_DATA_DIR: env['MILLRACE_DATA_DIR'] ?? temporaryFolder(t),
    ...env
  }
  const program = startProgram(t, ['serve', 'inference'], settings)
  const { url, grpc } = (await program.entry('service is ready')) as { url: string; grpc: string }
  return { ...program, url, grpcPort: Number(new URL(grpc).port), settings }
}

/** Wait until a version answers: files that were just written are not trusted at once. */
export async function versionIsThere(url: string, model: string, version: string): Promise<void> {
  const end = performance.now() + 30_000
  while (!(await fetch(`${url}/v2/models/${model}/versions/${version}/ready`)).ok) {
    if (performance.now() > end) throw new Error(`version ${version} of ${model} is still not there`)
    await delay(10)
  }
}

/** A reply, with its headers. */
export interface ToldAnswer extends Answer {
  headers: Headers
}

/** Send JSON. */
export async function send(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
  method = 'POST'
): Promise<ToldAnswer> {
  const content = { 'content-type': 'application/json', ...headers }
  const response = await fetch(url, { method, headers: content, body: JSON.stringify(body) })
  const text = await response.text()
  const type = response.headers.get('content-type')
  const parsed: unknown = type?.includes('json') === true ? JSON.parse(text) : text
  return { status: response.status, type, body: parsed, headers: response.headers }
}

/** Make an experiment and start it. @throws unless both work */
export async function startExperiment(
  url: string,
  definition: { id: string } & Record<string, unknown>
): Promise<void> {
  for (const [at, body] of [
    ['/experiments', definition],
    [`/experiments/${definition.id}/start`, {}]
  ] as const) {
    const { status, body: reply } = await send(url + at, body)
    if (status >= 300) throw new Error(`${at} was answered ${status}: ${JSON.stringify(reply)}`)
  }
}

/** Arms of an experiment as it stands, by name. */
export async function armsOf(url: string, id: string): Promise<Record<string, { units: number; requests: number }>> {
  const { arms } = (await (await fetch(`${url}/experiments/${id}`)).json()) as {
    arms: { name: string; units: number; requests: number }[]
  }
  return Object.fromEntries(arms.map(({ name, units, requests }) => [name, { units, requests }]))
}

/** The arm that GrowthBook's own library gives a unit; undefined for one that takes no part. */
export function growthBookArm<Arm extends string>(
  seed: string,
  unit: string,
  arms: readonly [Arm, Arm, ...Arm[]],
  options: { weights?: number[]; coverage?: number } = {}
): Arm | undefined {
  const growthBook = new GrowthBook({ attributes: { id: unit } })
  const { inExperiment, variationId } = growthBook.run({
    key: seed,
    seed,
    hashVersion: 2,
    variations: arms as [Arm, Arm],
    ...options
  })
  return inExperiment ? arms[variationId] : undefined
}

/** What the protocols say of the version that answered, each in its own way. */
export interface Told {
  version: string | undefined
  experiment: string | undefined
  arm: string | undefined
  reason: string | undefined
}

/** Asks the sample model as a unit does, by one of the protocols. */
export type AskAs = (unit: string) => Promise<Told>

function inHeaders({ headers }: ToldAnswer): Told {
  return { version: headers.get('x-model-version') ?? undefined, ...routeIn(headers.get('x-route')) }
}

/** What the header X-Route says. */
export function routeIn(header: string | string[] | null | undefined): Omit<Told, 'version'> {
  const [, reason, experiment, arm] = /^([a-z]+)(?:;experiment="([^"]*)";arm="([^"]*)")?$/.exec(String(header)) ?? []
  return { reason, experiment, arm }
}

const tensor = { name: 'float_input', shape: [1, 10], datatype: 'FP32', data: row }

/** The sample model by every protocol; `close` ends the client of gRPC. */
export function protocols({ url, grpcPort }: { url: string; grpcPort: number }) {
  const client = clientOf(grpcPort)
  const modelInfer = methodOf(client, 'ModelInfer')
  const model = `${url}/v2/models/tabular_classifier`
  const ask: Record<string, AskAs> = {
    'V2, by parameter': async unit =>
      inHeaders(await send(`${model}/infer`, { inputs: [tensor], parameters: { unit_id: unit } })),
    'V2, by id': async unit => inHeaders(await send(`${model}/infer`, { id: unit, inputs: [tensor] })),
    'V2 through the framework': async unit =>
      inHeaders(
        await send(`${url}/api/v2/models/tabular_classifier/infer`, { inputs: [tensor] }, { 'X-Unit-ID': unit })
      ),
    V1: async unit =>
      inHeaders(await send(`${url}/v1/models/tabular_classifier:predict`, { instances: [row], unit_id: unit })),
    MLflow: async unit =>
      inHeaders(
        await send(`${url}/invocations?model=tabular_classifier`, { inputs: [row], params: { unit_id: unit } })
      ),
    '/predict': async unit => {
      const { body } = await send(`${url}/predict`, { features: row, unit_id: unit })
      const { routing } = body as { routing: Told }
      const { version, experiment, arm, reason } = routing
      return { version, experiment, arm, reason }
    },
    gRPC: async unit => {
      const reply = (await modelInfer({
        model_name: 'tabular_classifier',
        parameters: { unit_id: { string_param: unit } },
        inputs: [{ ...tensor, shape: ['1', '10'], data: undefined, contents: { fp32_contents: row } }]
      })) as { model_version: string; parameters: Record<string, { string_param?: string }> }
      const text = (name: string): string | undefined => reply.parameters[name]?.string_param
      return {
        version: reply.model_version,
        experiment: text('experiment'),
        arm: text('arm'),
        reason: text('route_reason')
      }
    }
  }
  return { ask, close: () => client.close() }
}
