import type { PythonRandom } from '@millrace/common'

/** One request that can be sent again and again, each time with other numbers. */
export interface Template {
  /** The whole request, head and body. */
  bytes: Buffer
  /** Where digits stand that may be changed without the request becoming another kind of it. */
  digits: number[]
  /** Where the digits of its unit stand. */
  unitDigits: number[]
}

/** A feature as it is sent first: six digits to be changed behind its point. */
const placeholder = '.000000'

/** The number of a unit, whose digits are changed behind its letter. */
const unitPlaceholder = 'u000000000000'

/** How many features of a row change from request to request: enough for 10^12 different ones. */
const changing = 2

/** A row of `width` numbers between -3 and 3. */
function row(random: PythonRandom, width: number): string {
  const cell = (index: number): string => (index < changing ? `1${placeholder}` : (random.gauss(0, 1) * 0.8).toFixed(6))
  return Array.from({ length: width }, (_, index) => cell(index)).join(',')
}

/** What is asked, of whom. */
export interface Question {
  path: string
  /** Features of a row. */
  width: number
  /** The body around a row. */
  body: (row: string) => string
}

/** A request with a row drawn anew. */
export function makeTemplate(random: PythonRandom, { path, width, body }: Question): Template {
  const text = body(row(random, width))
  const head = `POST ${path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: ${text.length}`
  const bytes = Buffer.from(`${head}\r\n\r\n${text}`)
  return { bytes, digits: digitsIn(bytes, placeholder), unitDigits: digitsIn(bytes, unitPlaceholder) }
}

/** Make it a request that was not sent before: the number is written over the digits. */
export function setNumber({ bytes, digits }: Template, number: number): void {
  write(bytes, digits, number)
}

/** Make it a request of another unit. */
export function setUnit({ bytes, unitDigits }: Template, number: number): void {
  write(bytes, unitDigits, number)
}

function write(bytes: Buffer, digits: readonly number[], number: number): void {
  let rest = number
  for (let index = digits.length - 1; index >= 0; index--) {
    bytes[digits[index]!] = 48 + (rest % 10)
    rest = Math.floor(rest / 10)
  }
}

function digitsIn(bytes: Buffer, wanted: string): number[] {
  const digits: number[] = []
  for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + 1)) {
    for (let digit = 1; digit < wanted.length; digit++) digits.push(at + digit)
  }
  return digits
}

/** What is asked by the Open Inference Protocol. */
export interface InferAsk {
  model: string
  input: string
  width: number
  /** Whether its id names a unit, in place of being the same always. */
  hasUnit: boolean
}

/** A question in the Open Inference Protocol. */
export function inferQuestion({ model, input, width, hasUnit }: InferAsk): Question {
  const id = hasUnit ? unitPlaceholder : 'a'
  return {
    path: `/v2/models/${model}/infer`,
    width,
    body: values =>
      `{"id":"${id}","inputs":[{"name":"${input}","shape":[1,${width}],"datatype":"FP32","data":[${values}]}]}`
  }
}

/** A question in the words of the documented API. */
export function predictQuestion(width: number): Question {
  return { path: '/predict', width, body: values => `{"features":[${values}]}` }
}
