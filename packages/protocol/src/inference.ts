import { type Static, Type } from './type.ts'

/** `GET /` of the inference service: what this is and where to go. */
export const WelcomeReplySchema = Type.Object(
  {
    name: Type.String({ description: 'Title of the API: API_TITLE.' }),
    version: Type.String({ description: 'Version of the API: API_VERSION, else that of the program.' }),
    status: Type.String({ description: 'alive while the service answers.' }),
    description: Type.String({ description: 'What this server does.' }),
    endpoints: Type.Unsafe<Record<string, string>>({
      type: 'object',
      additionalProperties: { type: 'string', description: 'A path.' },
      description: 'Where to begin, by what it is for.'
    }),
    routes: Type.Array(Type.String(), { description: 'Method and path of every endpoint.' }),
    model_info: Type.Unsafe<{ name: string; type: string; features: number; target: string } | null>({
      type: ['object', 'null'],
      description: 'The wine model: its name, type, number of features and target; null where there is none.'
    })
  },
  { title: 'WelcomeReply', description: 'GET / of the inference service: what this is and where to go.' }
)
/** `GET /` of the inference service. */
export type WelcomeReply = Static<typeof WelcomeReplySchema>
