import { rowsOf } from './batch-rows.ts'
import { inputCheck } from './check-inputs.ts'
import { rowsThatDiffer } from './compare-rows.ts'
import { reasonOf } from './load-errors.ts'
import { type InputMaker, likeExample, madeUpInputs } from './made-up-inputs.ts'
import type { Session } from './ort-session.ts'
import { elementCount, type NamedTensor, type Tensor, type TensorSpec } from './tensor.ts'

/** How long runs take. */
export interface RunCost {
  /** Microseconds of a warm run of one row. */
  readonly rowUs: number
  /** Microseconds of each further row of the same run; those of the first where rows are not run together. */
  readonly nextRowUs: number
  /** Elements of all inputs in one row. */
  readonly rowElements: number
}

/** What the first runs of a session showed. */
export interface WarmUp {
  /** Undefined when no input could be made up that the model takes. */
  readonly cost: RunCost | undefined
  /** Why requests must not be run together; undefined when they may. */
  readonly unbatchable: string | undefined
}

/** How a session is run for the first times. */
export interface WarmUpOptions {
  /** One row of inputs; made up from the shapes unless given. */
  readonly example?: readonly NamedTensor[] | undefined
  /** Microseconds: a model whose first run takes longer is not looked at further. No limit unless given. */
  readonly longestUs?: number | undefined
  /** Milliseconds that never go back. */
  readonly now?: (() => number) | undefined
}

/** A model whose rows take longer than this many microseconds is not run often enough to compare rows. */
const comparableUs = 500_000

/** A first run of this many microseconds tells what a run costs: what only the first one does is little beside it. */
const tellingUs = 20_000

/** A first run that took less than this many times what it may is run again: the machine may have been busy. */
const doubtful = 5

/** Rows of the batch that is compared with single rows; the fewer, the longer each takes. */
const comparedRows = (rowUs: number): number => (rowUs > 20_000 ? 2 : rowUs > 2000 ? 4 : 8)

/**
 * Rows of a run by which the time of further rows is measured: many where a row takes little, none where it takes long.
 * What a run of many rows keeps meanwhile, megabytes for some models, becomes a hole in the memory of the process.
 */
const measuredRows = (rowUs: number): number => (rowUs > 500 ? 1 : rowUs > 20 ? 16 : 64)

/** The least that an element can take, in microseconds: it is copied. */
const elementUs = 0.001

/**
 * Run a session for the first times, on this thread: some 20 short runs, or four of a model that takes long, and one of a
 * model that takes very long. Finds out how long runs take, and whether rows are independent: rows run one by one must
 * give what they give together.
 * @throws {MillraceError} MILL_INPUT_INVALID for an example that does not fit
 */
export function warmUp(session: Session, { example, longestUs = Infinity, now = clock }: WarmUpOptions = {}): WarmUp {
  const first = firstWorkingRun(session, example, now)
  if (first === undefined) return { cost: undefined, unbatchable: 'no inputs could be made up to check it with' }
  const { maker } = first
  const us = first.us > longestUs && first.us < doubtful * longestUs ? timed(session, maker(1), now) : first.us
  const rowElements = maker(1).reduce((sum, { shape }) => sum + elementCount(shape), 0)
  const slow = (unbatchable: string): WarmUp => ({ cost: { rowUs: us, nextRowUs: us, rowElements }, unbatchable })
  if (us > longestUs) return slow('it was not looked at further')
  if (us > comparableUs) return slow('a row takes so long that rows are not compared')
  const rowUs = us > tellingUs ? us : leastUs(session, maker(1), now)
  const unbatchable = whyUnbatchable(session, maker, comparedRows(rowUs))
  const nextRowUs = unbatchable === undefined ? nextRow(session, maker, { rowUs, rowElements, now }) : rowUs
  return { cost: { rowUs, nextRowUs, rowElements }, unbatchable }
}

const clock = (): number => performance.now()

/** Run a session once, so that the first request does not pay for what it does at its first run. */
export function firstRun(session: Session, example?: readonly NamedTensor[]): WarmUp {
  firstWorkingRun(session, example, clock)
  return { cost: undefined, unbatchable: undefined }
}

/** A maker of inputs that the model takes, and the microseconds of its first run. */
interface WorkingRun {
  readonly maker: InputMaker
  readonly us: number
}

/** The first maker whose inputs the model takes: small sizes first, and numbers before zeros. */
function firstWorkingRun(
  session: Session,
  example: readonly NamedTensor[] | undefined,
  now: () => number
): WorkingRun | undefined {
  for (const maker of makersFor(session, example)) {
    const startedAt = now()
    if (runs(session, maker)) return { maker, us: (now() - startedAt) * 1000 }
  }
  return undefined
}

function* makersFor(session: Session, example: readonly NamedTensor[] | undefined): Generator<InputMaker> {
  if (example !== undefined) {
    yield likeExample(inputCheck(session.inputs, 'example')(example))
    return
  }
  const isOpen = session.inputs.some(({ shape }) => shape.includes(-1, 1))
  const sizes = isOpen ? [1, 2, 4, 8, 16, 32, 64] : [1]
  for (const size of sizes) for (const spread of [1, 0]) yield madeUpInputs(session.inputs, size, spread)
}

function runs(session: Session, maker: InputMaker): boolean {
  try {
    session.run(maker(1), allOutputs(session))
    return true
  } catch {
    return false
  }
}

/**
 * The least of a few runs: whatever else the machine does can only add to it.
 * @param most runs, if they are short; three otherwise
 */
function leastUs(session: Session, inputs: readonly Tensor[], now: () => number, most = 10): number {
  let least = Number.POSITIVE_INFINITY
  let total = 0
  for (let run = 0; run < 3 || (run < most && total < 2000); run++) {
    const us = timed(session, inputs, now)
    least = Math.min(least, us)
    total += us
  }
  return least
}

/** Microseconds of a run. */
function timed(session: Session, inputs: readonly Tensor[], now: () => number): number {
  const startedAt = now()
  session.run(inputs, allOutputs(session))
  return (now() - startedAt) * 1000
}

function nextRow(
  session: Session,
  maker: InputMaker,
  { rowUs, rowElements, now }: { rowUs: number; rowElements: number; now: () => number }
): number {
  const rows = measuredRows(rowUs)
  if (rows === 1) return rowUs
  return Math.max(rowElements * elementUs, (leastUs(session, maker(rows), now, 3) - rowUs) / (rows - 1))
}

function whyUnbatchable(session: Session, maker: InputMaker, rows: number): string | undefined {
  if (session.inputs.length === 0) return 'the model has no inputs'
  const fixed = [...session.inputs, ...session.outputs].find(({ shape }) => shape[0] !== -1)
  if (fixed !== undefined) return `the first dimension of '${fixed.name}' is ${describeFirst(fixed)}`
  try {
    return differenceOf(session, maker(rows), rows)
  } catch (error) {
    return `a batch of ${rows} rows fails: ${reasonOf(error)}`
  }
}

const describeFirst = ({ shape }: TensorSpec): string => (shape.length === 0 ? 'not there' : `always ${shape[0]}`)

function differenceOf(session: Session, inputs: readonly Tensor[], rows: number): string | undefined {
  const wanted = allOutputs(session)
  const together = session.run(inputs, wanted)
  for (let row = 0; row < rows; row++) {
    const alone = session.run(
      inputs.map(input => rowsOf(input, row, 1)),
      wanted
    )
    for (const index of wanted) {
      const difference = rowsThatDiffer(together[index]!, alone[index]!, row, rows)
      if (difference !== undefined) return `output '${session.outputs[index]!.name}' ${difference}`
    }
  }
  return undefined
}

const allOutputs = (session: Session): number[] => session.outputs.map((_, index) => index)
