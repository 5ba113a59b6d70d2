-- The limiter, in the server: GCRA (ITU-T I.371), with what flow/rate.h says of learning.
-- KEYS[1]: the state. ARGV: start | throttled PAUSE | limit RATE BURST REMAINING RESET ("-": not said).
-- Times are microseconds of the server's clock; one that is set back stands still until it is there again.
local KEEP, SECOND, MARGIN = 30 * 86400, 1e6, 0.998
-- Integers of Redis have 64 bits: no wait is longer than ten years.
local LONGEST = 10 * 365 * 86400 * SECOND
-- What is granted now comes to the service a moment later, and while its bucket is full it does not fill.
local UNDER_WAY = SECOND / 4
if redis.replicate_commands then redis.replicate_commands() end
local s, flat = {}, redis.call('HGETALL', KEYS[1])
for i = 1, #flat, 2 do s[flat[i]] = tonumber(flat[i + 1]) end
local function get(name) return s[name] or 0 end

local clock = redis.call('TIME')
local now = clock[1] * SECOND + clock[2] + get('offset')
if now < get('now') then
	s.offset = get('offset') + get('now') - now
	now = s.now
end
s.now = now

local function interval() return SECOND / s.rate end
local function tolerance() return (s.burst - 1) * interval() end

local function regrow()
	if get('regrown') == 0 then s.regrown = now end
	if get('throttled') == 0 or get('rate') == 0 then return end
	local searching = get('searching') == 1
	local rested = get('blocked') + (searching and 0 or SECOND * 2 ^ math.min(math.floor(get('found') / 2), 3))
	local length, most = searching and SECOND / 2 or SECOND, s.max_rate or 1e6
	if now < rested then return end
	s.regrown = math.max(s.regrown, rested)
	while s.rate < most and now - s.regrown >= length do
		s.regrown = s.regrown + length
		if searching then
			s.rate = s.rate * 1.25
		else
			s.rate = s.rate + math.max(get('peak'), s.rate) * 0.035 * math.min((s.regrown - rested) / SECOND, 6)
		end
	end
	s.rate = math.min(s.rate, most)
end

local function start()
	regrow()
	local at = now
	if get('rate') > 0 then
		local from = get('arrival')
		if from <= now then from = now + math.min(UNDER_WAY, tolerance() / 4) end
		at = math.max(now, from - tolerance())
		s.arrival = math.min(from + interval(), now + LONGEST)
	end
	at = math.max(at, get('blocked'))
	if get('reset') > now then
		if get('remaining') <= 0 then at = math.max(at, s.reset) else s.remaining = s.remaining - 1 end
	end
	s.accepted = get('accepted') + 1
	return math.min(math.ceil(at - now), LONGEST)
end

local function learn(pause)
	local accepted, since = get('accepted'), now - get('throttled')
	local before, open = get('throttled') > 0, now - get('blocked')
	if not before and (get('rate') == 0 or get('heard') == 1) then
		s.rate = 0.3 * math.max(accepted, 1) * SECOND / (now - get('regrown') + pause)
		s.searching = 1
	elseif get('searching') == 1 and accepted > 0 then
		s.peak, s.rate, s.searching = s.rate, accepted * SECOND / since * 0.99, 0
	elseif get('searching') == 1 then
		s.rate = s.rate / 2
	elseif before and open < SECOND and accepted <= s.burst * 1.1 + 1 then
		s.bucket = math.max(1, math.floor(accepted * 0.9))
	elseif before and open >= SECOND then
		local came = (accepted - s.burst) * SECOND / open
		s.rate = math.max(s.rate * 0.8, math.min(s.rate * 0.95, came))
		s.peak, s.found = (get('peak') + s.rate) / 2, get('found') + 1
	else
		s.rate = s.rate * 0.95
	end
	local credit = get('searching') == 1 and 1 or s.rate * pause / SECOND
	credit = math.min(credit, s.bucket or credit, s.max_burst or credit)
	s.burst = math.max(credit, 1)
	-- starts that were granted before will still come
	s.arrival = math.max(get('arrival'), now + tolerance())
	s.throttled, s.regrown, s.accepted = now, now, 0
end

-- Those who were refused at the same time tell of it one by one: that is one throttle.
local function throttled(pause)
	if now >= get('blocked') then
		s.accepted = math.max(0, get('accepted') - 1)
		regrow()
		learn(pause)
		s.blocked = now + pause
	else
		s.accepted = math.max(0, get('accepted') - 1)
		s.blocked = math.max(s.blocked, now + pause)
	end
end

local function limit(rate, burst, remaining, reset)
	if rate then
		burst = burst or math.max(rate, 1)
		s.max_rate, s.max_burst = rate * MARGIN, math.max(burst * MARGIN, 1)
		if get('throttled') == 0 or get('rate') == 0 or s.rate > s.max_rate then
			s.rate, s.burst, s.searching = s.max_rate, s.max_burst, 0
		end
	end
	if remaining and reset then
		if now >= get('reset') or remaining < get('remaining') then s.remaining = remaining end
		s.reset = now + reset
	elseif remaining and get('rate') > 0 then
		s.arrival = math.max(get('arrival'), now + tolerance() - (remaining - 1) * interval())
	end
end

local answer = 0
if ARGV[1] == 'start' then
	answer = start()
elseif ARGV[1] == 'throttled' then
	throttled(tonumber(ARGV[2]))
else
	limit(tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]))
end
local out = {}
for name, value in pairs(s) do
	out[#out + 1] = name
	out[#out + 1] = string.format('%.17g', value)
end
redis.call('HSET', KEYS[1], unpack(out))
redis.call('EXPIRE', KEYS[1], KEEP)
return answer
