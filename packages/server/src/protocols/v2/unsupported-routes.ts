import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { MillraceError } from '@millrace/common'

/** Paths of Triton's API for what Millrace does not have. */
const unsupported: Readonly<Record<string, readonly string[]>> = {
  'trace settings are': ['/v2/trace/setting', '/v2/models/:model/trace/setting'],
  'log settings are': ['/v2/logging'],
  'shared memory is': ['system', 'cuda'].flatMap(kind => [
    `/v2/${kind}sharedmemory/status`,
    `/v2/${kind}sharedmemory/unregister`,
    `/v2/${kind}sharedmemory/region/:region/status`,
    `/v2/${kind}sharedmemory/region/:region/register`,
    `/v2/${kind}sharedmemory/region/:region/unregister`
  ]),
  'generating text is': [
    '/v2/models/:model/generate',
    '/v2/models/:model/generate_stream',
    '/v2/models/:model/versions/:version/generate',
    '/v2/models/:model/versions/:version/generate_stream'
  ],
  'naming a repository is': [
    '/v2/repository/:repository/index',
    '/v2/repository/:repository/models/:model/load',
    '/v2/repository/:repository/models/:model/unload'
  ]
}

/** Answers 501 with the reason, so that a client learns more than that the path is unknown. */
export const unsupportedRoutes: FastifyPluginAsyncTypebox = async app => {
  for (const [what, urls] of Object.entries(unsupported)) {
    for (const url of urls) {
      app.route({
        method: ['GET', 'POST'],
        url,
        exposeHeadRoute: false,
        schema: { hide: true },
        handler: async () => {
          throw new MillraceError('MILL_UNSUPPORTED', `${what} not supported`)
        }
      })
    }
  }
}
