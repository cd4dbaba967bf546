import type { PythonRandom } from '@millrace/common'

/** What a round sends. */
export interface RequestKind {
  /** Observations in one request: 1 for `/predict_learn`, more for `/predict_learn/batch`. */
  observations: number
  /** Whether each observation has an id. */
  hasIds: boolean
}

/** One request that can be sent again and again, each time with other ids. */
export interface Template {
  /** The whole request, head and body. */
  bytes: Buffer
  /** Where the digits of each observation's id begin. */
  ids: number[]
}

/** Features of an observation. */
export const featureCount = 15

/** Digits of an id. */
const idDigits = 12

/** A request with observations of 15 features, drawn anew. */
export function makeTemplate(random: PythonRandom, { observations, hasIds }: RequestKind): Template {
  const id = hasIds ? { observation_id: `c${'0'.repeat(idDigits)}` } : {}
  const rows = Array.from({ length: observations }, () => ({ ...randomRow(random), ...id }))
  const body = JSON.stringify(observations === 1 ? rows[0] : { observations: rows })
  const path = observations === 1 ? '/predict_learn' : '/predict_learn/batch'
  const head = `POST ${path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`
  const bytes = Buffer.from(`${head}\r\n\r\n${body}`)
  return { bytes, ids: hasIds ? placesOf(bytes, '"observation_id":"c') : [] }
}

/** Give the observations of a request the ids from `first` on. */
export function setIds({ bytes, ids }: Template, first: number): void {
  for (let index = 0; index < ids.length; index++) {
    let rest = first + index
    for (let at = ids[index]! + idDigits - 1; at >= ids[index]!; at--) {
      bytes[at] = 48 + (rest % 10)
      rest = Math.floor(rest / 10)
    }
  }
}

/** Lags as the feature service makes them, and a target that follows them. */
function randomRow(random: PythonRandom) {
  const values = Array.from({ length: featureCount }, () => Number((100 + random.gauss(0, 10)).toFixed(2)))
  const features = Object.fromEntries(values.map((value, index) => [`in_${index + 1}`, value]))
  return { features, target: Number((0.6 * values[0]! + 0.4 * values[11]! + random.gauss(0, 1)).toFixed(2)) }
}

function placesOf(bytes: Buffer, text: string): number[] {
  const places: number[] = []
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) places.push(at + text.length)
  return places
}
