import { test } from 'node:test'
import { withoutRedis } from '../../packages/store/test/redis-server.ts'
import { killRedis } from './redis-load.ts'

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
}
