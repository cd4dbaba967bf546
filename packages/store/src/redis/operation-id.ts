/** By what Redis knows a push that may reach it twice. */
export interface Operation {
  writer: string
  number: number
  observationId: string | undefined
}

/** As one text, for the outbox. */
export function toOperationId({ writer, number, observationId }: Operation): string {
  return `${writer}:${number}${observationId === undefined ? '' : `:${observationId}`}`
}

/** The operation of which {@link toOperationId} made the text. */
export function fromOperationId(text: string): Operation {
  const [, writer = '', number = '', rest] = /^([^:]*):(\d+)(:[^]*)?$/.exec(text) ?? []
  return { writer, number: Number(number), observationId: rest?.slice(1) }
}
