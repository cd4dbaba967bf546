import { readRefusal, type Refusal, refusalText } from './refusal.ts'

/** A text and how many numbers it is kept under. */
interface SharedText {
  text: string
  uses: number
}

/** Refusals by number, equal ones kept once: many observations are mostly refused for few reasons. */
export class RefusalList {
  readonly #byNumber = new Map<number, SharedText>()
  readonly #byText = new Map<string, SharedText>()

  get(number: number): Refusal | undefined {
    const shared = this.#byNumber.get(number)
    return shared && readRefusal(shared.text)
  }

  /** What `set` takes to mean the same. */
  text(number: number): string | undefined {
    return this.#byNumber.get(number)?.text
  }

  /** @param refusal itself or its text; `number` has none yet */
  set(number: number, refusal: Refusal | string): void {
    const text = typeof refusal === 'string' ? refusal : refusalText(refusal)
    const shared = this.#byText.get(text) ?? { text, uses: 0 }
    shared.uses++
    this.#byText.set(text, shared)
    this.#byNumber.set(number, shared)
  }

  delete(number: number): void {
    const shared = this.#byNumber.get(number)
    if (shared === undefined) return
    this.#byNumber.delete(number)
    if (--shared.uses === 0) this.#byText.delete(shared.text)
  }

  clear(): void {
    this.#byNumber.clear()
    this.#byText.clear()
  }

  /** Bytes of memory, roughly: few are refused. */
  get memoryBytes(): number {
    let bytes = 40 * this.#byNumber.size
    for (const text of this.#byText.keys()) bytes += 100 + text.length
    return bytes
  }
}
