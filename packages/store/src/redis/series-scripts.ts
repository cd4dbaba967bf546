import { recentSeries } from './series-keys.ts'
import { redisScript } from './redis-script.ts'

// All take the keys of a series in the order of `seriesKeys`. Numbers that are concatenated pass through `%.0f`: Lua
// would write large ones with an exponent.

/** Of so many writers of a series, those that pushed last, the numbers of their pushes are kept. */
const writersKept = 64

/**
 * Push values, each in one step: read what is there, put the value in front, cut, remember the id.
 *
 * Arguments: writer, `after` (number of the last push of this writer that must be there), `known` (count that must
 * have been reached), floor of the count, `1` to answer STALE or `0` to go on with what is there, ids remembered,
 * series id; then five for each push: number (rising) or nothing, value, keep, observation id behind an `i` or
 * nothing, and behind an `e` the values that the caller was told were there, or nothing.
 *
 * Answers STALE, with nothing changed, when something that must be there is not. Otherwise: count before, count after,
 * the writers (only when the count before is not `known`, as somebody else was here, or this writer is new), and two
 * texts for each push: `P` pushed, `R` a known id, `S` a known number, `C` a known id with another value; and the
 * values found before it.
 */
export const pushScript = redisScript(`
local values, meta, ids, order, recent = unpack(KEYS)
local writer, after, known = 'w:' .. ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local strict, limit, series = ARGV[5] == '1', tonumber(ARGV[6]), ARGV[7]
local found = redis.call('HMGET', meta, 'count', 'ids', writer)
local length = redis.call('LLEN', values)
local count = tonumber(found[1]) or length
local remembered = tonumber(found[2]) or 0
local last = tonumber(string.match(found[3] or '0', '^%d+'))
local hashed, ordered = redis.call('HLEN', ids), redis.call('LLEN', order)
local broken = hashed ~= ordered or hashed ~= remembered
if strict and (broken or last < after or count < known or (count > 0 and length == 0)) then return {'STALE'} end
if broken then
  redis.call('DEL', ids, order)
  remembered = 0
end
local answers = {count, 0, ''}
if count ~= known or (last == 0 and strict) then
  local writers = {}
  local fields = redis.call('HGETALL', meta)
  for i = 1, #fields, 2 do
    if string.sub(fields[i], 1, 2) == 'w:' then
      writers[#writers + 1] = {fields[i], fields[i + 1], tonumber(string.match(fields[i + 1], '%d+$'))}
    end
  end
  table.sort(writers, function (a, b) return a[3] > b[3] end)
  for i = ${writersKept} + 1, #writers do
    redis.call('HDEL', meta, writers[i][1])
    writers[i] = nil
  end
  for i = 1, #writers do writers[i] = writers[i][1] .. ' ' .. writers[i][2] end
  answers[3] = table.concat(writers, ',')
end
count = math.max(count, tonumber(ARGV[4]))
local pushed = false
for i = 8, #ARGV, 5 do
  local number, value, keep = tonumber(ARGV[i]), ARGV[i + 1], ARGV[i + 2] - 1
  local id, told = string.match(ARGV[i + 3], '^i(.*)$'), string.match(ARGV[i + 4], '^e(.*)$')
  local push = id and redis.call('HGET', ids, id)
  local code, text = 'S', ''
  if push then
    local space = string.find(push, ' ', 1, true)
    code = string.sub(push, 1, space - 1) == value and 'R' or 'C'
    text = string.sub(push, space + 1)
    if code == 'R' and number and number <= last then
      code = 'S'
      if told then redis.call('HSET', ids, id, value .. ' ' .. told) end
    end
  elseif not number or number > last then
    code, text = 'P', table.concat(redis.call('LRANGE', values, 0, keep), ' ')
    redis.call('LPUSH', values, value)
    redis.call('LTRIM', values, 0, keep)
    count = count + 1
    pushed = true
    if id then
      redis.call('HSET', ids, id, value .. ' ' .. (told or text))
      redis.call('RPUSH', order, id)
      remembered = remembered + 1
      if remembered > limit then
        local forgotten = redis.call('LPOP', order, math.min(2, remembered - limit))
        redis.call('HDEL', ids, unpack(forgotten))
        remembered = remembered - #forgotten
      end
    end
  end
  last = math.max(last, number or 0)
  answers[#answers + 1] = code
  answers[#answers + 1] = text
end
local whole = function (number) return string.format('%.0f', number) end
redis.call('HSET', meta, 'count', whole(count), 'ids', whole(remembered))
if last > 0 then redis.call('HSET', meta, writer, whole(last) .. ' ' .. whole(count)) end
answers[2] = count
if pushed then
  local newest = redis.call('ZRANGE', recent, -1, -1, 'WITHSCORES')
  if newest[1] ~= series then
    redis.call('ZADD', recent, whole((tonumber(newest[2]) or 0) + 1), series)
    if redis.call('ZCARD', recent) > ${recentSeries} then redis.call('ZREMRANGEBYRANK', recent, 0, 0) end
  end
end
return answers
`)

/** What there is of a series. Answers values, count or nothing, and the writers as push does. */
export const stateScript = redisScript(`
local writers = {}
local fields = redis.call('HGETALL', KEYS[2])
for i = 1, #fields, 2 do
  if string.sub(fields[i], 1, 2) == 'w:' then writers[#writers + 1] = fields[i] .. ' ' .. fields[i + 1] end
end
local values = table.concat(redis.call('LRANGE', KEYS[1], 0, -1), ' ')
return {values, redis.call('HGET', KEYS[2], 'count') or '', table.concat(writers, ',')}
`)

/**
 * Put a series back that was lost, if it is still as it was seen.
 *
 * Arguments: count seen or nothing, values seen, count to be, writers as `push` answers them, series id, `1` to
 * replace the values or `0` to leave them; then the values, newest first. Answers 1 if that was done.
 */
export const restoreScript = redisScript(`
local values, meta, ids, order, recent = unpack(KEYS)
if (redis.call('HGET', meta, 'count') or '') ~= ARGV[1] then return 0 end
if table.concat(redis.call('LRANGE', values, 0, -1), ' ') ~= ARGV[2] then return 0 end
if ARGV[6] == '1' then
  redis.call('DEL', values)
  for i = 7, #ARGV do redis.call('RPUSH', values, ARGV[i]) end
end
redis.call('HSET', meta, 'count', ARGV[3], 'ids', redis.call('HLEN', ids))
for name, pushes in string.gmatch(ARGV[4], '(w:[^ ,]+) (%d+ %d+)') do redis.call('HSET', meta, name, pushes) end
local oldest = redis.call('ZRANGE', recent, 0, 0, 'WITHSCORES')
redis.call('ZADD', recent, 'NX', string.format('%.0f', (tonumber(oldest[2]) or 1) - 1), ARGV[5])
return 1
`)

/**
 * Remember ids again that were lost; those that are known stay as they are. Until a restore has said how many there
 * are, every push answers STALE.
 *
 * Arguments: ids remembered; then two for each id, newest first: the id, and value and values found. Answers how many
 * were not known.
 */
export const restoreIdsScript = redisScript(`
local ids, order = KEYS[3], KEYS[4]
if redis.call('HLEN', ids) ~= redis.call('LLEN', order) then
  redis.call('DEL', order)
  for _, id in ipairs(redis.call('HKEYS', ids)) do redis.call('RPUSH', order, id) end
end
local room, restored = tonumber(ARGV[1]) - redis.call('HLEN', ids), 0
for i = 2, #ARGV, 2 do
  if restored >= room then break end
  if redis.call('HSETNX', ids, ARGV[i], ARGV[i + 1]) == 1 then
    redis.call('LPUSH', order, ARGV[i])
    restored = restored + 1
  end
end
return restored
`)

/**
 * The series that changed last, of those that are there. Argument: how many at most. Answers three texts for each: id,
 * number of values, newest value.
 */
export const listScript = redisScript(`
local found, start, limit = {}, 0, tonumber(ARGV[1])
while #found < limit * 3 do
  local page = redis.call('ZREVRANGE', KEYS[1], start, start + limit - 1)
  for _, series in ipairs(page) do
    local values = 'series:' .. series .. ':values'
    local newest = redis.call('LINDEX', values, 0)
    if newest and #found < limit * 3 then
      found[#found + 1] = series
      found[#found + 1] = tostring(redis.call('LLEN', values))
      found[#found + 1] = newest
    end
  end
  if #page < limit then break end
  start = start + limit
end
return found
`)
