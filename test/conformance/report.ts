import type { Outcome, Verdict } from './outcome.ts'

/** Models right in every way that the run must reach on the models of Debian's package. */
export const fewestRight = 950

/** What the run found against the server; empty when it may pass. */
export function faultsOf(outcomes: readonly Outcome[], fewest: number): string[] {
  const right = outcomes.filter(isRight).length
  const mute = outcomes.filter(({ loadFailure }) => loadFailure === '').map(({ name }) => name)
  return [
    ...(right < fewest ? [`${right} models are right in every way, fewer than ${fewest}`] : []),
    ...mute.map(name => `${name} cannot be loaded, and no reason is given`)
  ]
}

function isRight({ json, binary, grpc }: Outcome): boolean {
  return [json, binary, grpc].every(verdict => verdict?.isRight)
}

/** Counts, then what is wrong, for people. */
export function reportOf(outcomes: readonly Outcome[]): string {
  const loadable = outcomes.filter(({ loadFailure }) => loadFailure === undefined)
  const failures = outcomes.filter(({ loadFailure }) => loadFailure !== undefined)
  const wrong = loadable.filter(outcome => outcome.hasTensors && !isRight(outcome))
  return [
    `models                  ${outcomes.length}`,
    `right by JSON           ${outcomes.filter(({ json }) => json?.isRight).length}`,
    `right by binary         ${outcomes.filter(({ binary }) => binary?.isRight).length}`,
    `right by gRPC           ${outcomes.filter(({ grpc }) => grpc?.isRight).length}`,
    `right in every way      ${outcomes.filter(isRight).length}`,
    `wrong                   ${wrong.length}`,
    `not tensors             ${loadable.filter(({ hasTensors }) => !hasTensors).length}`,
    `cannot be loaded        ${failures.length}`,
    ...reasons(failures),
    ...wrong.map(wordsOf)
  ].join('\n')
}

function wordsOf({ name, json, binary, grpc }: Outcome): string {
  const ways = [`JSON: ${inWords(json)}`, `binary: ${inWords(binary)}`, `gRPC: ${inWords(grpc)}`]
  return `wrong: ${name}\n    ${ways.join('\n    ')}`
}

function inWords(verdict: Verdict | undefined): string {
  if (verdict === undefined) return 'not asked'
  return verdict.isRight ? 'right' : verdict.problem
}

/** Reasons that differ in the names of models and parts of them only are one. */
function reasons(failures: readonly Outcome[]): string[] {
  const groups = Map.groupBy(failures, ({ name, loadFailure }) => kindOf(name, loadFailure ?? ''))
  return [...groups]
    .toSorted(([, one], [, other]) => other.length - one.length)
    .map(([reason, group]) => `  ${String(group.length).padStart(4)}  ${reason} (such as ${group[0]!.name})`)
}

function kindOf(name: string, reason: string): string {
  return reason
    .replaceAll(name, '…')
    .replaceAll(/\/\S+model\.onnx/g, '…')
    .replaceAll(/(Node|Name|node):\s*\([^)]*\)|'[^']*'/g, '…')
    .slice(0, 200)
}
