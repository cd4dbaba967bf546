import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { ModelServer } from '@millrace/engine'
import { FreezeRequestSchema, Type, VersionReplySchema } from '@millrace/protocol'
import { documentedParts } from '../../http/documented-parts.ts'
import { protocolFailures } from '../route-schema.ts'
import { bodyObject } from '../body-object.ts'
import { textIn } from '../json-fields.ts'
import { forEachPath, type VersionParams } from './model-paths.ts'

/** What {@link versionRoutes} is given. */
export interface VersionRoutesDeps {
  models: Pick<ModelServer, 'freeze' | 'exportOnnx'>
}

/** Named with its type, since failures are JSON. */
const onnxFile = {
  description: 'The ONNX file.',
  content: { 'application/octet-stream': { schema: Type.String({ format: 'binary' }) } }
}

/** Versions made of learners, and versions as files. */
export const versionRoutes: FastifyPluginAsyncTypebox<VersionRoutesDeps> = async (app, { models }) => {
  app.post<{ Params: { model: string } }>(
    '/v2/models/:model/versions',
    {
      config: documentedParts({ body: FreezeRequestSchema }),
      schema: {
        operationId: 'v2Freeze',
        summary: 'Keep a learner as it is now as a version that learns no more',
        response: { 201: VersionReplySchema, ...protocolFailures }
      }
    },
    async (request, reply) => {
      const { model } = request.params
      const body = bodyObject(request.body)
      const asked = body['version'] === undefined ? undefined : textIn(body, 'version', 'the request')
      const { version, state, reason } = await models.freeze(model, asked)
      return reply
        .code(201)
        .header('location', `/v2/models/${encodeURIComponent(model)}/versions/${encodeURIComponent(version)}`)
        .send({ name: model, version, state, reason })
    }
  )

  forEachPath('/onnx', 'v2ExportOnnx', (url, operationId) =>
    app.get<{ Params: VersionParams }>(
      url,
      {
        schema: {
          operationId,
          summary: 'A version as an ONNX file: as it is served, or made from a linear learner',
          response: { 200: onnxFile, ...protocolFailures }
        }
      },
      async ({ params: { model, version } }, reply) => {
        const bytes = await models.exportOnnx(model, version)
        return reply
          .header('content-type', 'application/octet-stream')
          .header('content-disposition', attachment(version === undefined ? model : `${model}-${version}`))
          .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
      }
    )
  )
}

/** A name that is good on every file system, and the real one for browsers that know RFC 6266. */
function attachment(name: string): string {
  return `attachment; filename="${name.replaceAll(/[^\w.-]/g, '_')}.onnx"; filename*=UTF-8''${encodeURIComponent(name)}.onnx`
}
