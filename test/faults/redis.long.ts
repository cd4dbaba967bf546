import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startRedis, withoutRedis } from '../../packages/store/test/redis-server.ts'
import { get, post, startUp, temporaryFolder } from '../e2e/program.ts'
import { killRedis, listIn, reconciled } from './redis-load.ts'

for (const [persistence, what] of [
  ['appendonly', 'keeps everything'],
  ['nothing', 'forgets everything']
] as const) {
  test(
    `a Redis that is killed ten times during load and ${what} costs no prediction and no value`,
    {
      skip: withoutRedis
    },
    t => killRedis(t, persistence, 10)
  )

  test(
    `a program that is killed while Redis is away brings every value there later, once; Redis ${what}`,
    {
      skip: withoutRedis
    },
    async t => {
      const redis = await startRedis(t, { persistence })
      const settings = { REDIS_URL: `redis://127.0.0.1:${redis.port}`, N_LAGS: '1000' }
      const env = { MILLRACE_DATA_DIR: temporaryFolder(t), ...settings }
      const answers: unknown[] = []
      let program = await startUp(t, env)
      const add = (value: number) =>
        post(`${program.addresses.features}/add`, { series_id: 'a', value, observation_id: `v-${value}` })
      const addUpTo = async (end: number): Promise<void> => {
        for (let value = answers.length; value < end; value++) answers.push((await add(value)).body)
      }
      await addUpTo(20)
      for (const round of [1, 2, 3]) {
        await redis.kill()
        await addUpTo(40 * round)
        program.child.kill('SIGKILL')
        await program.exit
        program = await startUp(t, env)
        for (const value of answers.keys()) assert.deepEqual((await add(value)).body, answers[value])
        await addUpTo(40 * round + 10)
        await redis.start()
        await addUpTo(40 * round + 20)
      }
      await reconciled(program.addresses)
      const kept = listIn(redis, 'series:a:values').map(Number)
      assert.deepEqual(kept.toReversed(), [...answers.keys()])
      const { body } = await get(`${program.addresses.features}/series/a`)
      assert.equal((body as { length: number }).length, answers.length)
    }
  )
}
