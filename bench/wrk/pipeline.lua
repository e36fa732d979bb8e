-- SPDX-License-Identifier: Apache-2.0
-- Sixteen requests in each send. Made once, so that wrk sends them as cheaply as a single one.
local depth = 16

function init(args)
    local one = wrk.format()
    wrk.format = function() return one:rep(depth) end
end

function done(summary, latency, requests)
    local e = summary.errors
    print(string.format("RESULT %d %d %d", summary.requests, summary.duration,
        e.connect + e.read + e.write + e.status + e.timeout))
end
