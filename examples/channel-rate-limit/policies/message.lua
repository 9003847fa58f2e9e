--- message.lua keeps a bucket for each channel: a message takes a token, and time puts them back.
--
-- What a policy keeps is its node's own, and is gone when it is loaded again.

local message = {}

local CHANNELS_MAX = 10000 -- with more, all begin with a full bucket again

local buckets, count = {}, 0

function message.publish(request, settings)
  local bucket = buckets[request.channel]
  if not bucket then
    if count >= CHANNELS_MAX then
      buckets, count = {}, 0
    end
    bucket = { tokens = settings.burst, time = request.time }
    buckets[request.channel], count = bucket, count + 1
  end
  local seconds = math.max(0, request.time - bucket.time) -- the wall clock may go back
  bucket.tokens = math.min(settings.burst, bucket.tokens + seconds * settings.per_second)
  bucket.time = request.time
  if bucket.tokens < 1 then
    return false, "slow down"
  end
  bucket.tokens = bucket.tokens - 1
  return true
end

return message
