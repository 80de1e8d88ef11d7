-- The rooms of `rooms.rs`, `doors.rs` and `numbers.rs`, kept in Redis for several instances. Redis runs one script at a
-- time, so what a script decides is decided for all instances: a seat is never given twice.
--
-- What members must be told is published from within the script, on the channel of the instance that holds their socket,
-- so that everybody hears in the order of decisions. A member is `instance/number`. Time is Redis' own, in milliseconds.
--
--   tacit:instances            set      who takes part
--   tacit:alive:<instance>     string   expires unless the instance beats
--   tacit:members:<instance>   hash     number of a member -> room:<key> | door:<room> | ring:<ticket>
--   tacit:room:<key>           hash     host, guest, joined, deadline, knocked; the key is a number, or u<n> without one;
--                                       until the host has spoken also ticket, until, away, words (of the guest)
--   tacit:door:<room>          hash     owner
--   tacit:rings:<room>         set      tickets
--   tacit:ticket:<ticket>      hash     guest, door
--   tacit:open                 sorted   keys of rooms by deadline, and d<room> of doors, which have none
--   tacit:away                 sorted   keys of rooms without a host that may come back, the longest away first
--   tacit:ringing              sorted   tickets by deadline
--   tacit:fresh, tacit:ahead, tacit:rested, tacit:resting, tacit:door-rests, tacit:unnumbered    numbers, as in numbers.rs
--   tacit:aways                number   how often a host went away
--   tacit:to:<instance>        channel  <number of a member> <1 if these are the last words> <reply>, or nothing, from a beat

local verb, instance, number = ARGV[1], ARGV[2], ARGV[3]
local max_rooms, waiting, lifetime = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local rest, at_door, ringing, silence = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local argument, fresh_ticket = ARGV[11], ARGV[12]

local call = redis.call
local time = call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local me = instance .. '/' .. number

-- As `numbers.rs` and `rooms.rs` have them.
local most_resting = math.max(max_rooms * 4, 64)
local most_wanted = most_resting + max_rooms + 1
local most_away = math.max(math.floor(max_rooms / 4), 1)
local FIRST_WORDS = 1024
local KNOCK_GAP = 1000
-- Keys that a sweep would remove expire by themselves this much later, should no instance be left to sweep.
local SPARE = 60000
-- How much one sweep does, so that nobody waits long for Redis.
local BATCH = 500

local JOINED = '{"type":"joined"}'
local RELAY = '{"type":"relay","body":""}'
local PEER_JOINED = '{"type":"peer-joined"}'
local PEER_LEFT = '{"type":"peer-left"}'
local KNOCKED = '{"type":"knocked"}'

local function refusal(reason) return '{"type":"refused","reason":"' .. reason .. '"}' end
local function refused(reason) return { 'refused', reason } end

-- Members.

local function split(member)
    return string.match(member, '^(.-)/(%d+)$')
end

local function tell(member, reply, last)
    local of, which = split(member)
    call('PUBLISH', 'tacit:to:' .. of, which .. (last and ' 1 ' or ' 0 ') .. reply)
end

local function alive(member)
    return call('EXISTS', 'tacit:alive:' .. split(member)) == 1
end

local function place_of(member)
    local of, which = split(member)
    local place = call('HGET', 'tacit:members:' .. of, which)
    if place then return string.match(place, '^(%a+):(.*)$') end
end

local function put(member, place)
    local of, which = split(member)
    call('HSET', 'tacit:members:' .. of, which, place)
end

local function forget(member)
    local of, which = split(member)
    call('HDEL', 'tacit:members:' .. of, which)
end

-- Numbers.

local function wake()
    local over = call('ZCARD', 'tacit:resting') - most_resting
    local awake = call('ZRANGEBYSCORE', 'tacit:resting', '-inf', now, 'LIMIT', 0, BATCH)
    if over > #awake then awake = call('ZRANGE', 'tacit:resting', 0, over - 1) end
    for _, each in ipairs(awake) do
        call('ZREM', 'tacit:resting', each)
        call('SREM', 'tacit:door-rests', each)
        call('ZADD', 'tacit:rested', each, each)
    end
end

local function take_number()
    wake()
    local rested = call('ZPOPMIN', 'tacit:rested')
    if rested[1] then return rested[1] end
    while true do
        local given = call('INCR', 'tacit:fresh')
        if call('SREM', 'tacit:ahead', given) == 0 then return tostring(given) end
    end
end

local function take_wanted(wanted)
    local n = tonumber(wanted)
    if not n or n < 1 or n > most_wanted then return nil end
    wake()
    if call('SREM', 'tacit:door-rests', wanted) == 1 then
        call('ZREM', 'tacit:resting', wanted)
        return wanted
    end
    if call('ZREM', 'tacit:rested', wanted) == 1 then return wanted end
    if n > tonumber(call('GET', 'tacit:fresh') or '0') and call('SADD', 'tacit:ahead', wanted) == 1 then return wanted end
end

local function put_back(room, was_door)
    call('ZADD', 'tacit:resting', now + rest, room)
    if was_door then call('SADD', 'tacit:door-rests', room) end
end

-- Rooms.

local function has_space()
    return call('ZCARD', 'tacit:open') < max_rooms
end

local function set_deadline(key, deadline)
    call('HSET', 'tacit:room:' .. key, 'deadline', deadline)
    call('PEXPIREAT', 'tacit:room:' .. key, deadline + SPARE)
    call('ZADD', 'tacit:open', deadline, key)
end

local function seated(key)
    local seats = call('HMGET', 'tacit:room:' .. key, 'host', 'guest')
    local members = {}
    for _, member in ipairs(seats) do
        if member then members[#members + 1] = member end
    end
    return members
end

local function opposite(member, host, guest)
    if host == member then return guest end
    return host
end

local function remove(key)
    for _, member in ipairs(seated(key)) do forget(member) end
    call('DEL', 'tacit:room:' .. key)
    call('ZREM', 'tacit:open', key)
    call('ZREM', 'tacit:away', key)
    if string.match(key, '^%d+$') then put_back(key, false) end
end

local function stop_ringing(ticket)
    local guest, door = unpack(call('HMGET', 'tacit:ticket:' .. ticket, 'guest', 'door'))
    if guest then
        forget(guest)
        call('SREM', 'tacit:rings:' .. door, ticket)
    end
    call('DEL', 'tacit:ticket:' .. ticket)
    call('ZREM', 'tacit:ringing', ticket)
    return guest
end

local function turn_away(ticket, reason)
    local guest = stop_ringing(ticket)
    if guest then tell(guest, refusal(reason), true) end
end

-- A room whose guest the host has not seen waits for another one.
local function wait_again(key)
    local room = 'tacit:room:' .. key
    call('HDEL', room, 'joined', 'words')
    set_deadline(key, call('HGET', room, 'until'))
end

-- Of the rooms without their host only so many are kept.
local function close_longest_away()
    while call('ZCARD', 'tacit:away') > most_away do
        local key = call('ZRANGE', 'tacit:away', 0, 0)[1]
        for _, member in ipairs(seated(key)) do tell(member, refusal('unknown-room'), true) end
        remove(key)
    end
end

local function leave(member, for_good)
    local kind, where = place_of(member)
    forget(member)
    if kind == 'room' then
        local key = 'tacit:room:' .. where
        local host, guest, ticket, till = unpack(call('HMGET', key, 'host', 'guest', 'ticket', 'until'))
        if ticket and host == member and not for_good then
            call('HDEL', key, 'host')
            call('ZADD', 'tacit:away', call('INCR', 'tacit:aways'), where)
            set_deadline(where, till)
            return close_longest_away()
        end
        if ticket and guest == member and not host then
            call('HDEL', key, 'guest')
            return wait_again(where)
        end
        if host == member then
            call('HDEL', key, 'host', 'ticket', 'until', 'words')
        else
            call('HDEL', key, 'guest')
        end
        local other = opposite(member, host, guest)
        if other then
            tell(other, PEER_LEFT)
        elseif host or guest then
            remove(where)
        end
    elseif kind == 'door' then
        for _, ticket in ipairs(call('SMEMBERS', 'tacit:rings:' .. where)) do turn_away(ticket, 'unknown-room') end
        call('DEL', 'tacit:door:' .. where, 'tacit:rings:' .. where)
        call('ZREM', 'tacit:open', 'd' .. where)
        put_back(where, true)
    elseif kind == 'ring' then
        stop_ringing(where)
    end
end

-- Lets all members of an instance leave, so many at a time; whether there may be more.
local function reap(which)
    call('DEL', 'tacit:alive:' .. which)
    local members = call('HKEYS', 'tacit:members:' .. which)
    for at = 1, math.min(#members, BATCH) do leave(which .. '/' .. members[at]) end
    if #members > BATCH then return true end
    call('DEL', 'tacit:members:' .. which)
    call('SREM', 'tacit:instances', which)
    return false
end

-- Verbs.

local verbs = {}

function verbs.create()
    if place_of(me) then return refused('malformed') end
    if not has_space() then return refused('server-full') end
    local room = take_number()
    call('HSET', 'tacit:room:' .. room, 'host', me, 'ticket', fresh_ticket, 'until', now + waiting)
    set_deadline(room, now + waiting)
    put(me, 'room:' .. room)
    return { 'created', room }
end

function verbs.resume()
    if place_of(me) then return refused('malformed') end
    local key = 'tacit:room:' .. argument
    local names = { 'deadline', 'ticket', 'host', 'guest', 'words' }
    local deadline, ticket, host, guest, words = unpack(call('HMGET', key, unpack(names)))
    if not deadline or tonumber(deadline) <= now or ticket ~= fresh_ticket then return refused('unknown-room') end
    call('ZREM', 'tacit:away', argument)
    call('HDEL', key, 'words')
    if host then
        -- A socket that is broken, although its instance does not know it yet.
        forget(host)
        tell(host, refusal('room-full'), true)
    end
    call('HSET', key, 'host', me)
    put(me, 'room:' .. argument)
    if guest then
        tell(me, PEER_JOINED)
        if words then tell(me, words) end
        set_deadline(argument, now + lifetime)
    else
        wait_again(argument)
    end
    return { 'resumed', '' }
end

function verbs.open()
    if place_of(me) then return refused('malformed') end
    if not has_space() then return refused('server-full') end
    local room = take_wanted(argument) or take_number()
    call('HSET', 'tacit:door:' .. room, 'owner', me)
    call('ZADD', 'tacit:open', '+inf', 'd' .. room)
    put(me, 'door:' .. room)
    return { 'created', room }
end

local function ring(room, owner)
    if not alive(owner) then
        leave(owner)
        return refused('unknown-room')
    end
    if call('SCARD', 'tacit:rings:' .. room) >= at_door then return refused('busy') end
    local ticket = fresh_ticket
    call('HSET', 'tacit:ticket:' .. ticket, 'guest', me, 'door', room)
    call('PEXPIREAT', 'tacit:ticket:' .. ticket, now + ringing + SPARE)
    call('SADD', 'tacit:rings:' .. room, ticket)
    call('ZADD', 'tacit:ringing', now + ringing, ticket)
    put(me, 'ring:' .. ticket)
    tell(owner, '{"type":"called","ticket":"' .. ticket .. '"}')
    return { 'ringing', '' }
end

function verbs.join()
    if place_of(me) then return refused('malformed') end
    local owner = call('HGET', 'tacit:door:' .. argument, 'owner')
    if owner then return ring(argument, owner) end
    local key = 'tacit:room:' .. argument
    local deadline, joined, knocked, host = unpack(call('HMGET', key, 'deadline', 'joined', 'knocked', 'host'))
    if not deadline or tonumber(deadline) <= now then return refused('unknown-room') end
    if joined then
        if now - tonumber(knocked or 0) >= KNOCK_GAP then
            call('HSET', key, 'knocked', now)
            for _, member in ipairs(seated(argument)) do tell(member, KNOCKED) end
        end
        return refused('room-full')
    end
    if host and not alive(host) then
        leave(host, false)
        host = nil
    end
    call('HSET', key, 'guest', me, 'joined', 1)
    put(me, 'room:' .. argument)
    if not host then return { 'joined', 'away' } end
    set_deadline(argument, now + lifetime)
    tell(host, PEER_JOINED)
    return { 'joined', '' }
end

function verbs.answer()
    if place_of(me) then return refused('malformed') end
    local guest = call('HGET', 'tacit:ticket:' .. argument, 'guest')
    local deadline = call('ZSCORE', 'tacit:ringing', argument)
    if not guest or not deadline or tonumber(deadline) <= now then return refused('unknown-room') end
    if not alive(guest) then
        leave(guest)
        return refused('unknown-room')
    end
    if not has_space() then return refused('server-full') end
    stop_ringing(argument)
    local key = 'u' .. call('INCR', 'tacit:unnumbered')
    call('HSET', 'tacit:room:' .. key, 'host', me, 'guest', guest, 'joined', 1)
    set_deadline(key, now + lifetime)
    put(me, 'room:' .. key)
    put(guest, 'room:' .. key)
    tell(guest, JOINED)
    return { 'answered', '' }
end

verbs['turn-away'] = function()
    turn_away(argument, 'busy')
    return { 'done', '' }
end

function verbs.relay()
    local kind, where = place_of(me)
    if not kind then return { 'done', '' } end
    if kind ~= 'room' then return refused('malformed') end
    local key = 'tacit:room:' .. where
    local names = { 'joined', 'host', 'guest', 'ticket', 'words' }
    local joined, host, guest, ticket, words = unpack(call('HMGET', key, unpack(names)))
    if not joined then return refused('malformed') end
    if host == me then
        if ticket then call('HDEL', key, 'ticket', 'until', 'words') end
    elseif ticket and not words and #argument <= FIRST_WORDS + #RELAY then
        call('HSET', key, 'words', argument)
    end
    local other = opposite(me, host, guest)
    if other then tell(other, argument) end
    return { 'done', '' }
end

function verbs.close()
    local kind, where = place_of(me)
    if kind == 'room' then
        for _, member in ipairs(seated(where)) do
            if member ~= me then tell(member, PEER_LEFT, true) end
        end
        remove(where)
    else
        leave(me, true)
    end
    return { 'done', '' }
end

function verbs.leave()
    leave(me, argument == 'for-good')
    return { 'done', '' }
end

-- A sign of life, which comes back by our channel; and what time and silence have ended: rooms, rings, instances. Says how many rooms are open; `again` if
-- there is more to do.
function verbs.beat()
    -- Without its channel an instance cannot know what its members were told.
    if call('PUBLISH', 'tacit:to:' .. instance, '') == 0 then return { 'gone', '' } end
    call('PEXPIRE', 'tacit:alive:' .. instance, silence)
    local rooms = call('ZRANGEBYSCORE', 'tacit:open', '-inf', now, 'LIMIT', 0, BATCH)
    for _, key in ipairs(rooms) do
        for _, member in ipairs(seated(key)) do tell(member, refusal('expired'), true) end
        remove(key)
    end
    local tickets = call('ZRANGEBYSCORE', 'tacit:ringing', '-inf', now, 'LIMIT', 0, BATCH)
    for _, ticket in ipairs(tickets) do turn_away(ticket, 'busy') end
    local again = #rooms == BATCH or #tickets == BATCH
    for _, each in ipairs(call('SMEMBERS', 'tacit:instances')) do
        if call('EXISTS', 'tacit:alive:' .. each) == 0 then again = reap(each) or again end
    end
    return { again and 'again' or 'done', tostring(call('ZCARD', 'tacit:open')) }
end

-- Takes part from now on.
function verbs.arrive()
    call('SADD', 'tacit:instances', instance)
    call('SET', 'tacit:alive:' .. instance, 1, 'PX', silence)
    return { 'done', '' }
end

-- Takes part no more: its members have left.
function verbs.depart()
    return { reap(instance) and 'again' or 'done', '' }
end

-- An instance that was silent for too long is not heard: others may have let its members leave already.
if verb ~= 'arrive' and verb ~= 'depart' and call('EXISTS', 'tacit:alive:' .. instance) == 0 then
    return { 'gone', '' }
end
return verbs[verb]()
