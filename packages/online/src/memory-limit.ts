/**
 * How many bytes a model may take, and what they go to: its names, what grows with the names alone, and a regressor that
 * may remember rows with all that is left. The figures are upper bounds that only depend on what the model knows.
 */
export interface MemoryLimit {
  readonly bytes: number
  /** The most that all but the names and the regressor takes while so many names are known. */
  beside(names: number): number
  /** The least that the regressor can do with while so many names are known. */
  least(names: number): number
}
