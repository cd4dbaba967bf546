import { type Static, Type } from 'typebox'

/** `GET /` of the inference service: what this is and where to go. */
export const WelcomeReplySchema = Type.Object(
  {
    name: Type.String({ description: 'Name of the program.' }),
    version: Type.String({ description: 'Version of the program.' }),
    status: Type.String({ description: 'ok while the service answers.' }),
    endpoints: Type.Array(Type.String(), { description: 'Method and path of every endpoint.' })
  },
  { title: 'WelcomeReply', description: 'GET / of the inference service: what this is and where to go.' }
)
/** `GET /` of the inference service. */
export type WelcomeReply = Static<typeof WelcomeReplySchema>
