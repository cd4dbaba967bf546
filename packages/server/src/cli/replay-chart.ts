import { drawChart, narrowestChart } from '../terminal/chart.ts'
import { formatCount } from '../terminal/number-format.ts'
import { SeriesSampler } from '../terminal/series-sampler.ts'

const tallest = 12
const widest = 160
/** Braille has two dots a character. */
const pointsPerCharacter = 2

/** Gathers actual values and all predictions of a replay, in bounded memory, for a chart at its end. */
export class ReplayChart {
  readonly #actual = new SeriesSampler()
  readonly #predictions: readonly SeriesSampler[]
  #firstLabel: string | undefined
  #lastLabel = ''

  /** @param models how many predictions a row has */
  constructor(models: number) {
    this.#predictions = Array.from({ length: models }, () => new SeriesSampler())
  }

  add(label: string, actual: number, predictions: readonly (number | undefined)[]): void {
    this.#firstLabel ??= label
    this.#lastLabel = label
    this.#actual.add(actual)
    for (let index = 0; index < this.#predictions.length; index++) this.#predictions[index]!.add(predictions[index])
  }

  /**
   * The actual values and one model's predictions over the whole stream.
   * @param model its position and name
   * @param rows named at the ends of the axis when the rows have no labels
   */
  lines(model: { index: number; name: string }, look: { width: number; hasColour: boolean; rows: number }): string[] {
    if (look.width < narrowestChart) return []
    const width = Math.min(look.width, widest)
    const points = width * pointsPerCharacter
    const actual = this.#actual.points(points)
    const rowsPerPoint = Math.round(look.rows / Math.max(1, actual.length))
    const note = rowsPerPoint > 1 ? `each point the mean of about ${formatCount(rowsPerPoint)} rows` : ''
    return drawChart(
      { name: 'actual', values: actual },
      { name: model.name, values: this.#predictions[model.index]!.points(points) },
      {
        width,
        height: tallest,
        hasColour: look.hasColour,
        footer: [this.#firstLabel || 'row 1', note, this.#lastLabel || `row ${formatCount(look.rows)}`]
      }
    )
  }
}
