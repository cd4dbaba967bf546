import { type Static, Type } from './type.ts'

/** `GET /health` of the coinbase service. */
export const CoinbaseHealthReplySchema = Type.Object(
  { status: Type.Literal('healthy', { description: 'Always healthy while the service answers.' }) },
  { title: 'CoinbaseHealthReply', description: 'GET /health of the coinbase service.' }
)
/** `GET /health` of the coinbase service. */
export type CoinbaseHealthReply = Static<typeof CoinbaseHealthReplySchema>

/** `GET /next` of the coinbase service: the price at this moment. */
export const PriceReplySchema = Type.Object(
  {
    series_id: Type.String({ description: 'The currency, such as XRP.' }),
    target: Type.Number({ description: 'Price of one unit of the currency in USD.' }),
    datetime: Type.String({
      description: 'When it was asked: ISO 8601 with microseconds and the offset of America/Mexico_City.'
    })
  },
  { title: 'PriceReply', description: 'GET /next of the coinbase service: the price at this moment.' }
)
/** `GET /next` of the coinbase service. */
export type PriceReply = Static<typeof PriceReplySchema>
