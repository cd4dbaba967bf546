import { describe } from 'node:test'
import { redisSeriesStore } from '../src/index.ts'
import { startNode } from './fallback-store.ts'
import { connectTo, startRedis, withoutRedis } from './redis-server.ts'
import { seriesStoreContract } from './series-store-contract.ts'

describe('series in Redis', { skip: withoutRedis }, () => {
  seriesStoreContract('redis', async (context, options) => {
    const redis = await connectTo(context, await startRedis(context))
    return redisSeriesStore(redis, options)
  })
  seriesStoreContract('redis with a fallback', async (context, options) => {
    const { store } = await startNode(context, await startRedis(context), options)
    return store
  })
  seriesStoreContract('fallback without Redis', async (context, options) => {
    const { store } = await startNode(context, { port: 1 }, options)
    return store
  })
})
