import { type Static, Type } from './type.ts'

/** One fault in a request, in the form FastAPI clients read. */
export const RequestFaultSchema = Type.Object(
  {
    type: Type.String({ description: 'Kind of fault, such as missing, float_type or json_invalid.' }),
    loc: Type.Array(Type.Union([Type.String(), Type.Integer()]), {
      description: 'Where it is: body or path, then the names and positions that lead there.'
    }),
    msg: Type.String({ description: 'What is wrong.' }),
    input: Type.Optional(Type.Unknown({ description: 'The offending value, where it is short.' }))
  },
  { title: 'RequestFault', description: 'One fault in a request, in the form FastAPI clients read.' }
)
/** One fault in a request. */
export type RequestFault = Static<typeof RequestFaultSchema>

/** The body of every failed reply of every service. */
export const ErrorReplySchema = Type.Object(
  {
    code: Type.String({ description: 'Stable code to branch on, such as MILL_REQUEST_INVALID.' }),
    message: Type.String({ description: 'What went wrong, for people.' }),
    details: Type.Unsafe<Record<string, unknown>>({
      type: 'object',
      additionalProperties: true,
      description: 'Facts to log or act on; depends on the code.'
    }),
    detail: Type.Union([Type.String(), Type.Array(RequestFaultSchema)], {
      description: 'The same once more for FastAPI clients: a sentence, or a list of faults in the request.'
    })
  },
  { title: 'ErrorReply', description: 'Why a request failed.' }
)
/** The body of every failed reply of every service. */
export type ErrorReply = Static<typeof ErrorReplySchema>
